//! The events in `events/`, events of a REST API, and unusual events. `tests/fuzz/gateway_event.rs` tries random
//! events.

use crate::proxy::{ONE, behind_proxy};
use serde_json::{Map, Value, json};
use tests::{TestApp, take_log};

#[tokio::test]
async fn the_example_events_get_a_response() {
    let app = TestApp::start().await;
    app.add_member("test@tozo.invalid", "password").await;
    for (event, status) in [
        (include_str!("../../events/login.json"), 200),
        (include_str!("../../events/status.json"), 401),
        (include_str!("../../events/logout.json"), 200),
    ] {
        let response = app.respond(&serde_json::from_str(event).unwrap()).await;
        assert_eq!(response["statusCode"], json!(status), "{response}");
    }
}

/// The event of a login through a REST API, with these headers.
fn rest_login(headers: &Value) -> Value {
    let last = |values: &Value| values.as_array().unwrap().last().cloned().unwrap();
    let single: Map<_, _> =
        headers.as_object().unwrap().iter().map(|(name, values)| (name.clone(), last(values))).collect();
    json!({
        "resource": "/sessions", "path": "/sessions/", "httpMethod": "POST", "isBase64Encoded": false,
        "headers": single, "multiValueHeaders": headers,
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": null, "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012", "apiId": "a1", "stage": "prod", "httpMethod": "POST",
            "path": "/prod/sessions/", "resourcePath": "/sessions", "requestId": "1",
            "identity": { "sourceIp": "203.0.113.9" },
        },
        "body": json!({ "email": "ada@example.com", "password": "enchantress" }).to_string(),
    })
}

#[tokio::test]
async fn an_event_of_a_rest_api_gets_a_response_in_its_format() {
    let app = TestApp::start().await;
    let event = rest_login(&json!({ "content-type": ["application/json"] }));
    for left in ["4", "3"] {
        let response = app.respond(&event).await;
        assert_eq!(response["statusCode"], json!(200), "{response}");
        assert_eq!(response["multiValueHeaders"]["ratelimit-remaining"], json!([left]));
        assert_eq!(response["multiValueHeaders"]["set-cookie"].as_array().map(Vec::len), Some(2));
    }
    let other = app.client_at("203.0.113.9").login("ada@example.com", "enchantress").await;
    assert_eq!(other.header("ratelimit-remaining"), "2", "the address is the same in both formats");
}

#[tokio::test]
async fn a_repeated_header_of_a_rest_api_counts_as_repeated() {
    let app = behind_proxy().await;
    for (secrets, status) in [(json!([ONE]), 200), (json!(["x", ONE]), 403), (json!([ONE, ONE]), 403)] {
        let event = rest_login(&json!({ "content-type": ["application/json"], "x-proxy-secret": secrets }));
        assert_eq!(app.respond(&event).await["statusCode"], json!(status), "{secrets}");
    }
}

#[tokio::test]
async fn a_request_with_an_invalid_uri_gets_a_normal_response() {
    let app = TestApp::start().await;
    for (pointer, value) in [
        ("/rawQueryString", "a=\"<b> c"),
        ("/rawQueryString", "\u{7f}"),
        ("/headers/host", "a b"),
        ("/headers/x-forwarded-proto", "a b"),
        ("/rawPath", "/sessions/ \"<"),
    ] {
        let client = app.client();
        let mut event = client.request("GET", "/sessions/", "");
        *event.pointer_mut(pointer).expect("a part of the event") = json!(value);
        let status = app.respond(&event).await["statusCode"].clone();
        assert_eq!(status, json!(if pointer == "/rawPath" { 404 } else { 401 }), "{pointer} {value}");
        let mut request = client.authorizer_request();
        request["rawQueryString"] = json!(value);
        request["headers"]["host"] = json!(value);
        assert_eq!(app.decide(&request).await.unwrap(), json!({ "isAuthorized": false }));
    }
    assert!(take_log().iter().all(|line| line["level"] != "ERROR"));
}

#[tokio::test]
async fn an_invalid_base64_body_costs_a_permit() {
    let app = TestApp::start().await;
    let broken = app.client().event("/isBase64Encoded", json!(true));
    let response = broken.login_with("{").await;
    assert!(response.is(400, "INVALID_REQUEST"), "{}", response.body);
    assert_eq!(
        (response.problem()["detail"].as_str(), response.header("ratelimit-remaining")),
        (Some("the body is not base64"), "4")
    );
}
