//! The headers of all responses, and the form of errors.

use serde_json::json;
use tests::{Response, TestApp};

const EVERY_RESPONSE: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
    ("x-content-type-options", "nosniff"),
];

/// The headers of a response, except those that every response has and those of the rate limit.
fn own_headers(response: &Response) -> Vec<(&str, &str)> {
    let common =
        |name: &str| EVERY_RESPONSE.iter().any(|(it, _)| *it == name) || name.starts_with("ratelimit");
    let headers = response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    headers.filter(|(name, _)| !common(name)).collect()
}

/// One response of each status.
async fn one_of_each(app: &TestApp) -> Vec<Response> {
    let (client, everywhere) = (app.client().logged_in().await, app.client().logged_in().await);
    let refused = app.client();
    for _ in 0..5 {
        refused.login_with("").await;
    }
    vec![
        app.client().login("ada@example.com", "enchantress").await,
        client.status().await,
        client.logout().await,
        everywhere.logout_everywhere().await,
        app.client().login_with("{}").await,
        app.client().login("ada@example.com", "wrong").await,
        app.client().status().await,
        app.client().header("origin", "null").logout().await,
        app.client().send("GET", "/", "").await,
        app.client().login_with(&" ".repeat(4097)).await,
        app.client().header("content-type", "text/plain").login_with("{}").await,
        refused.login_with("").await,
        app.without_database().client().login("ada@example.com", "enchantress").await,
    ]
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let responses = one_of_each(&TestApp::start().await).await;
    let statuses: Vec<_> = responses.iter().map(|response| response.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 400, 401, 401, 403, 404, 413, 415, 429, 503]);
    for response in responses {
        for (name, value) in EVERY_RESPONSE {
            assert_eq!(response.header(name), value, "{name} of {}", response.status);
        }
    }
}

#[tokio::test]
async fn every_error_is_a_problem_with_its_code_and_only_the_expected_headers() {
    let authenticate = Some(("www-authenticate", "Cookie realm=\"sessions\""));
    let media_type = json!({ "detail": "the media type must be application/json" });
    let quota = json!({
        "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "violated-policies": ["login"],
    });
    let responses = one_of_each(&TestApp::start().await).await;
    let errors: Vec<_> = responses.iter().filter(|it| it.status != 200).collect();
    let expected = [
        ("Bad Request", "INVALID_REQUEST", None, json!({ "detail": "email is missing" })),
        ("Unauthorized", "INVALID_CREDENTIALS", authenticate, json!({})),
        ("Unauthorized", "NOT_AUTHENTICATED", authenticate, json!({})),
        ("Forbidden", "CROSS_SITE", None, json!({})),
        ("Not Found", "NOT_FOUND", None, json!({})),
        ("Payload Too Large", "PAYLOAD_TOO_LARGE", None, json!({})),
        ("Unsupported Media Type", "UNSUPPORTED_MEDIA_TYPE", None, media_type),
        ("Quota Exceeded", "TOO_MANY_REQUESTS", Some(("retry-after", "12")), quota),
        ("Service Unavailable", "UNAVAILABLE", Some(("retry-after", "5")), json!({})),
    ];
    assert_eq!(errors.len(), expected.len());
    for (response, (title, code, header, more)) in errors.into_iter().zip(expected) {
        let content_type = ("content-type", "application/problem+json");
        let headers: Vec<_> = [content_type].into_iter().chain(header).collect();
        assert_eq!(own_headers(response), headers, "{code}");
        let mut problem =
            json!({ "type": "about:blank", "title": title, "status": response.status, "code": code });
        problem.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(response.problem(), problem);
    }
}

#[tokio::test]
async fn an_unreachable_database_is_a_503_and_ends_no_session() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let login = client.login("ada@example.com", "enchantress").await;
    let unreachable = app.without_database().client().with_session_of(&login);
    for response in [
        unreachable.login("ada@example.com", "enchantress").await,
        unreachable.status().await,
        unreachable.logout().await,
        unreachable.logout_everywhere().await,
    ] {
        assert!(response.is(503, "UNAVAILABLE"), "{}", response.body);
        assert!(response.cookies.is_empty());
    }
    assert_eq!(app.client().with_session_of(&login).status().await.status, 200);
    assert_eq!(app.without_database().client().logout().await.status, 200, "nothing to look up");
}
