//! The requests that the authorizer admits to other routes.

use serde_json::{Value, json};
use std::time::Duration;
use tests::{Client, TestApp};

fn admitted(member: u64) -> Value {
    json!({ "isAuthorized": true, "context": { "memberId": member } })
}

fn refused() -> Value {
    json!({ "isAuthorized": false })
}

async fn decide(app: &TestApp, client: &Client) -> Value {
    app.decide(&client.authorizer_request()).await.unwrap()
}

#[tokio::test]
async fn a_live_session_is_admitted_as_its_member() {
    let app = TestApp::start().await;
    app.add_member("bob@example.com", "builder").await;
    let ada = app.client().logged_in().await;
    let bob = app.client();
    let bob = bob.clone().with_session_of(&bob.login("bob@example.com", "builder").await);
    assert_eq!(decide(&app, &ada).await, admitted(1));
    assert_eq!(decide(&app, &bob).await, admitted(2));
}

#[tokio::test]
async fn a_request_without_a_live_session_is_refused() {
    let app = TestApp::start().await;
    let (ended, expired) = (app.client().logged_in().await, app.client().logged_in().await);
    ended.logout().await;
    app.advance(Duration::from_hours(1));
    let login = app.client().login("ada@example.com", "enchantress").await;
    let cookie = login.session_cookie();
    let (rest, last) = cookie.split_at(103);
    let forged = app.client().with_cookie(&format!("{rest}{}", if last == "0" { "4" } else { "0" }));
    let doubled = format!("{0}={cookie}; {0}={cookie}", tests::COOKIE);
    for client in [app.client(), ended, expired, forged, app.client().with_cookies(&doubled)] {
        assert_eq!(client.status().await.status, 401);
        assert_eq!(decide(&app, &client).await, refused());
    }
    assert_eq!(decide(&app, &app.client().with_session_of(&login)).await, admitted(1));
}

#[tokio::test]
async fn the_authorizer_keeps_the_session_alive_as_status_does() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    for _ in 0..3 {
        app.advance(Duration::from_mins(59));
        assert_eq!(decide(&app, &client).await, admitted(1));
    }
    assert_eq!(client.status().await.status, 200);
}

#[tokio::test]
async fn the_authorizer_costs_one_read_and_no_permit() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    decide(&app, &client).await;
    app.forget_calls();
    for _ in 0..20 {
        assert_eq!(decide(&app, &client).await, admitted(1));
    }
    assert_eq!(app.take_calls(), ["BatchGetItem"; 20]);
    assert_eq!(client.status().await.header("ratelimit-remaining"), "9");
}

#[tokio::test]
async fn a_page_of_another_site_may_only_read() {
    let app = TestApp::start_with(&[("ALLOWED_ORIGINS", "https://app.example.com")]).await;
    let client = app.client().logged_in().await;
    for (origin, expected) in [
        ("https://api.example.com", admitted(1)),
        ("https://app.example.com", admitted(1)),
        ("https://evil.example.com", refused()),
        ("null", refused()),
    ] {
        let client = client.clone().header("origin", origin);
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let request =
                client.clone().event("/requestContext/http/method", json!(method)).authorizer_request();
            assert_eq!(app.decide(&request).await.unwrap(), expected, "{method} {origin}");
        }
        let request = client.event("/requestContext/http/method", json!("GET")).authorizer_request();
        assert_eq!(app.decide(&request).await.unwrap(), admitted(1), "GET {origin}");
    }
}

#[tokio::test]
async fn the_authorizer_fails_without_the_database() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    assert!(app.without_database().decide(&client.authorizer_request()).await.is_err());
    assert_eq!(decide(&app, &client).await, admitted(1));
}

#[tokio::test]
async fn an_event_from_another_source_is_refused_without_an_error() {
    let app = TestApp::start().await;
    for event in [
        json!(null),
        json!([]),
        json!({}),
        json!("x"),
        json!({ "version": "2.0" }),
        json!({ "key1": "value1", "key2": "value2", "key3": "value3" }),
        json!({ "source": "serverless-plugin-warmup" }),
        json!({ "version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {} }),
        json!({ "headers": { "host": "api.example.com" }, "requestContext": { "http": {} } }),
    ] {
        assert_eq!(app.decide(&event).await, Ok(refused()), "{event}");
    }
}

#[tokio::test]
async fn the_url_and_the_body_do_not_affect_the_decision() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    for (name, value) in [
        ("rawQueryString", json!("q=\"<a b>\"")),
        ("rawQueryString", json!("%zz|^`")),
        ("rawPath", json!("/ex ample/\"<>")),
        ("rawPath", json!(null)),
        ("body", json!("{")),
        ("isBase64Encoded", json!(true)),
        ("identitySource", json!(null)),
    ] {
        let mut request = client.authorizer_request();
        request[name] = value.clone();
        assert_eq!(app.decide(&request).await, Ok(admitted(1)), "{name}: {value}");
    }
}

#[tokio::test]
async fn unused_parts_of_the_request_context_do_not_affect_the_decision() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    for (name, value) in [
        ("timeEpoch", json!(null)),
        ("timeEpoch", json!("1795000000000")),
        ("time", json!(0)),
        ("stage", json!(null)),
        (
            "authentication",
            json!({ "clientCert": { "clientCertPem": "", "subjectDN": "CN=a", "validity": null } }),
        ),
        ("authentication", json!({ "clientCert": {} })),
        ("authorizer", json!(null)),
        ("authorizer", json!({ "lambda": null, "jwt": { "claims": { "admin": true } } })),
    ] {
        let mut request = client.authorizer_request();
        request["requestContext"][name] = value.clone();
        assert_eq!(app.decide(&request).await, Ok(admitted(1)), "{name}: {value}");
    }
}

#[tokio::test]
async fn an_event_of_payload_format_1_or_of_a_websocket_is_refused_without_an_error() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let request = client.authorizer_request();
    let context = json!({ "requestId": "r", "identity": { "sourceIp": "192.0.2.7" }, "httpMethod": "GET" });
    let format_1 = json!({
        "version": "1.0", "type": "REQUEST", "httpMethod": "GET", "path": "/example", "resource": "/example",
        "headers": { "Cookie": request["cookies"][0] }, "requestContext": context
    });
    let websocket = json!({
        "type": "REQUEST", "methodArn": "arn", "headers": { "Cookie": request["cookies"][0] },
        "requestContext": { "routeKey": "$connect", "eventType": "CONNECT", "identity": { "sourceIp": "192.0.2.7" } }
    });
    for event in [format_1, websocket] {
        assert_eq!(app.decide(&event).await, Ok(refused()), "{event}");
    }
}

#[tokio::test]
async fn the_session_is_found_among_other_cookies() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let mut request = client.authorizer_request();
    let session = request["cookies"][0].clone();
    request["cookies"] = json!(["theme=dark", session, "_ga=GA1.1.1; a=\"b c\""]);
    assert_eq!(app.decide(&request).await, Ok(admitted(1)));
    request["cookies"] = json!(["theme=dark", "_ga=GA1.1.1"]);
    assert_eq!(app.decide(&request).await, Ok(refused()));
}

#[tokio::test]
async fn a_cookie_is_found_in_the_list_and_in_the_header() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let list = client.authorizer_request();
    let cookie = list["cookies"][0].clone();
    for cookies in [json!(null), json!([])] {
        for name in ["cookie", "Cookie"] {
            let mut request = list.clone();
            request["cookies"] = cookies.clone();
            request["headers"][name] = cookie.clone();
            assert_eq!(app.decide(&request).await, Ok(admitted(1)), "{name}");
        }
    }
}

#[tokio::test]
async fn the_example_event_is_refused() {
    let event = serde_json::from_str(include_str!("../../events/authorizer.json")).unwrap();
    assert_eq!(TestApp::start().await.decide(&event).await.unwrap(), refused());
}
