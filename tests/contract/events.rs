//! The events in `events/`, and events that no gateway sends.

use crate::every_answer::EVERY_ANSWER;
use crate::proxy::{ONE, behind_proxy};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use tests::{TestApp, take_log};
use tokio::runtime::Runtime;

#[tokio::test]
async fn the_example_events_are_answered() {
    let app = TestApp::start().await;
    app.add_member("test@tozo.invalid", "password").await;
    for (event, status) in [
        (include_str!("../../events/login.json"), 200),
        (include_str!("../../events/status.json"), 401),
        (include_str!("../../events/logout.json"), 200),
    ] {
        let answer = app.answer(&serde_json::from_str(event).unwrap()).await;
        assert_eq!(answer["statusCode"], json!(status), "{answer}");
    }
}

/// A login as a REST API sends it, with these headers.
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
async fn an_event_of_a_rest_api_is_answered_in_its_form() {
    let app = TestApp::start().await;
    let event = rest_login(&json!({ "content-type": ["application/json"] }));
    for left in ["4", "3"] {
        let answer = app.answer(&event).await;
        assert_eq!(answer["statusCode"], json!(200), "{answer}");
        assert_eq!(answer["multiValueHeaders"]["ratelimit-remaining"], json!([left]));
        assert_eq!(answer["multiValueHeaders"]["set-cookie"].as_array().map(Vec::len), Some(2));
    }
    let other = app.client_at("203.0.113.9").login("ada@example.com", "enchantress").await;
    assert_eq!(other.header("ratelimit-remaining"), "2", "the address is the same in both formats");
}

#[tokio::test]
async fn a_header_that_a_rest_api_got_twice_is_there_twice() {
    let app = behind_proxy().await;
    for (secrets, status) in [(json!([ONE]), 200), (json!(["x", ONE]), 403), (json!([ONE, ONE]), 403)] {
        let event = rest_login(&json!({ "content-type": ["application/json"], "x-proxy-secret": secrets }));
        assert_eq!(app.answer(&event).await["statusCode"], json!(status), "{secrets}");
    }
}

#[tokio::test]
async fn a_request_that_no_uri_can_hold_is_answered_like_any_other() {
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
        let status = app.answer(&event).await["statusCode"].clone();
        assert_eq!(status, json!(if pointer == "/rawPath" { 404 } else { 401 }), "{pointer} {value}");
        let mut request = client.authorizer_request();
        request["rawQueryString"] = json!(value);
        request["headers"]["host"] = json!(value);
        assert_eq!(app.decide(&request).await.unwrap(), json!({ "isAuthorized": false }));
    }
    assert!(take_log().iter().all(|line| line["level"] != "ERROR"));
}

#[tokio::test]
async fn a_body_that_is_not_the_base64_it_claims_to_be_takes_its_permit() {
    let app = TestApp::start().await;
    let broken = app.client().event("/isBase64Encoded", json!(true));
    let answer = broken.login_with("{").await;
    assert!(answer.is(400, "INVALID_REQUEST"), "{}", answer.body);
    assert_eq!(
        (answer.problem()["detail"].as_str(), answer.header("ratelimit-remaining")),
        (Some("the body is not base64"), "4")
    );
}

/// Any JSON of limited depth.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".{0,8}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A change at one place of an event.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Replace(Value),
}

fn any_change() -> impl Strategy<Value = (prop::sample::Index, Change)> {
    let change = prop_oneof![Just(Change::Remove), any_json().prop_map(Change::Replace)];
    (any::<prop::sample::Index>(), change)
}

/// JSON pointers to every value in an event.
fn places(event: &Value, at: &str) -> Vec<String> {
    let inner: Vec<_> = match event {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(values) => values.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let below = inner.into_iter().flat_map(|(name, value)| {
        places(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")))
    });
    std::iter::once(at.to_owned()).chain(below).collect()
}

fn change(event: &mut Value, place: &str, change: Change) {
    let (parent, name) = place.rsplit_once('/').unwrap_or_default();
    match (change, event.pointer_mut(parent)) {
        (Change::Remove, Some(Value::Object(members))) if !name.is_empty() => drop(members.remove(name)),
        (Change::Remove, _) => {}
        (Change::Replace(junk), _) => *event.pointer_mut(place).expect("a place of the event") = junk,
    }
}

/// The events in `events/`, changed in a few places, or any JSON.
fn any_event() -> impl Strategy<Value = Value> {
    let ships = [
        include_str!("../../events/authorizer.json"),
        include_str!("../../events/login.json"),
        include_str!("../../events/logout.json"),
        include_str!("../../events/status.json"),
    ];
    let ships = ships.map(|event| serde_json::from_str::<Value>(event).unwrap()).to_vec();
    let changes = prop::collection::vec(any_change(), 1..5);
    let mutated = (prop::sample::select(ships), changes).prop_map(|(mut event, changes)| {
        for (place, what) in changes {
            let places = places(&event, "");
            change(&mut event, place.get::<String>(&places), what);
        }
        event
    });
    prop_oneof![9 => mutated, 1 => any_json()]
}

/// One app for all events, with limits that are never reached.
static APP: LazyLock<(Runtime, TestApp)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let quotas = ["LOGIN_QUOTA", "STATUS_QUOTA", "ACCOUNT_QUOTA"].map(|name| (name, "1000000/1"));
    let app = runtime.block_on(async {
        let app = TestApp::start_with(&quotas).await;
        app.add_member("test@tozo.invalid", "password").await;
        app
    });
    (runtime, app)
});

/// The status of an answer, whose body and headers have to follow the contract.
fn status(answer: &Value) -> Option<u64> {
    let header = |name: &str| match answer["multiValueHeaders"].get(name) {
        Some(values) => values[0].as_str(),
        None => answer["headers"][name].as_str(),
    };
    let body: Value = serde_json::from_str(answer["body"].as_str()?).ok()?;
    let status = answer["statusCode"].as_u64()?;
    let (media_type, is_right) = match status {
        200 => ("application/json", body == json!({})),
        _ => ("application/problem+json", body["status"] == status && body["code"].is_string()),
    };
    let is_whole = EVERY_ANSWER.iter().all(|(name, value)| header(name) == Some(value));
    (is_right && is_whole && header("content-type") == Some(media_type)).then_some(status)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn any_event_whatever_gets_an_answer_of_the_contract_and_lets_nobody_through(event in any_event()) {
        let (runtime, app) = &*APP;
        for answer in runtime.block_on(app.answers(&event)) {
            let known = matches!(status(&answer), Some(200 | 400 | 401 | 403 | 404 | 413 | 415));
            prop_assert!(known, "{}", answer);
        }
        if let Ok(decision) = runtime.block_on(app.decide(&event)) {
            prop_assert_eq!(decision, json!({ "isAuthorized": false }));
        }
    }
}
