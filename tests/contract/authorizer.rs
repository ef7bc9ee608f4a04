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
    let bob = app.client().logged_in_as("bob@example.com", "builder").await;
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
            let client = client.clone().event("/requestContext/http/method", json!(method));
            assert_eq!(decide(&app, &client).await, expected, "{method} {origin}");
        }
        let client = client.event("/requestContext/http/method", json!("GET"));
        assert_eq!(decide(&app, &client).await, admitted(1), "GET {origin}");
    }
}

#[tokio::test]
async fn an_event_of_another_source_or_format_is_refused_without_an_error() {
    let app = TestApp::start().await;
    let cookie = app.client().logged_in().await.authorizer_request()["cookies"][0].clone();
    let sender = json!({ "sourceIp": "192.0.2.7" });
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
        json!({
            "version": "1.0", "type": "REQUEST", "httpMethod": "GET", "path": "/example", "resource": "/example",
            "headers": { "Cookie": cookie },
            "requestContext": { "requestId": "r", "identity": sender, "httpMethod": "GET" },
        }),
        json!({
            "type": "REQUEST", "methodArn": "arn", "headers": { "Cookie": cookie },
            "requestContext": { "routeKey": "$connect", "eventType": "CONNECT", "identity": sender },
        }),
    ] {
        assert_eq!(app.decide(&event).await, Ok(refused()), "{event}");
    }
}

#[tokio::test]
async fn unused_parts_of_the_event_do_not_affect_the_decision() {
    let app = TestApp::start().await;
    let request = app.client().logged_in().await.authorizer_request();
    for (pointer, value) in [
        ("/rawQueryString", json!("q=\"<a b>\"")),
        ("/rawQueryString", json!("%zz|^`")),
        ("/rawPath", json!("/ex ample/\"<>")),
        ("/rawPath", json!(null)),
        ("/body", json!("{")),
        ("/isBase64Encoded", json!(true)),
        ("/identitySource", json!(null)),
        ("/requestContext/timeEpoch", json!(null)),
        ("/requestContext/timeEpoch", json!("1795000000000")),
        ("/requestContext/time", json!(0)),
        ("/requestContext/stage", json!(null)),
        (
            "/requestContext/authentication",
            json!({ "clientCert": { "subjectDN": "CN=a", "validity": null } }),
        ),
        ("/requestContext/authentication", json!({ "clientCert": {} })),
        ("/requestContext/authorizer", json!(null)),
        ("/requestContext/authorizer", json!({ "lambda": null, "jwt": { "claims": { "admin": true } } })),
    ] {
        let mut changed = request.clone();
        let (part, name) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(part).unwrap()[name] = value.clone();
        assert_eq!(app.decide(&changed).await, Ok(admitted(1)), "{pointer}: {value}");
    }
}

#[tokio::test]
async fn a_cookie_is_found_among_others_in_the_list_and_in_the_header() {
    let app = TestApp::start().await;
    let request = app.client().logged_in().await.authorizer_request();
    let cookie = request["cookies"][0].as_str().unwrap();
    let others = ["theme=dark", "_ga=GA1.1.1; a=\"b c\""];
    for (cookies, header, decision) in [
        (json!([others[0], cookie, others[1]]), None, admitted(1)),
        (json!(others), None, refused()),
        (json!(null), Some("cookie"), admitted(1)),
        (json!(null), Some("Cookie"), admitted(1)),
        (json!([]), Some("cookie"), admitted(1)),
        (json!([]), Some("Cookie"), admitted(1)),
    ] {
        let mut request = request.clone();
        request["cookies"] = cookies.clone();
        if let Some(name) = header {
            request["headers"][name] = json!(cookie);
        }
        assert_eq!(app.decide(&request).await, Ok(decision), "{cookies} {header:?}");
    }
}
