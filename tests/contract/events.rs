//! The events that ship with the project, and those that no gateway sends.

use proptest::prelude::*;
use serde_json::{Value, json};
use tests::TestApp;

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

#[tokio::test]
async fn an_event_of_a_rest_api_is_answered_in_its_form() {
    let app = TestApp::start().await;
    let event = json!({
        "resource": "/sessions", "path": "/sessions/", "httpMethod": "POST", "isBase64Encoded": false,
        "headers": { "content-type": "application/json" },
        "multiValueHeaders": { "content-type": ["application/json"] },
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": null, "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012", "apiId": "a1", "stage": "prod", "httpMethod": "POST",
            "path": "/prod/sessions/", "resourcePath": "/sessions", "requestId": "1",
            "identity": { "sourceIp": "203.0.113.9" },
        },
        "body": json!({ "email": "ada@example.com", "password": "enchantress" }).to_string(),
    });
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
async fn a_body_that_is_not_the_base64_it_claims_to_be_is_a_bad_request() {
    let app = TestApp::start().await;
    let broken = app.client().event("/isBase64Encoded", json!(true)).event("/body", json!("{"));
    let answer = app.answer(&broken.request("POST", "/sessions/", "")).await;
    assert_eq!(answer["statusCode"], 400);
    assert!(answer["body"].as_str().is_some_and(|body| body.contains("\"INVALID_REQUEST\"")));
}

/// Any JSON, not too deep.
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_event_whatever_gets_an_answer_of_the_contract(
        junk in any_json(),
        place in prop::sample::select(vec![
            "", "/body", "/cookies", "/headers", "/headers/content-type", "/headers/origin", "/rawPath",
            "/rawQueryString", "/requestContext", "/requestContext/http", "/requestContext/http/method",
            "/requestContext/http/sourceIp", "/requestContext/stage", "/isBase64Encoded", "/pathParameters",
        ]),
    ) {
        let mut event: Value = serde_json::from_str(include_str!("../../events/login.json")).unwrap();
        match event.pointer_mut(place) {
            Some(member) => *member = junk,
            None => event["cookies"] = junk,
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(async { TestApp::start().await.answer(&event).await });
        let status = answer["statusCode"].as_u64();
        prop_assert!(matches!(status, Some(200 | 400 | 401 | 403 | 404 | 413 | 415)), "{}", answer);
        let named = |headers: &str| answer[headers].get("cache-control").is_some();
        prop_assert!(named("headers") || named("multiValueHeaders"));
    }
}
