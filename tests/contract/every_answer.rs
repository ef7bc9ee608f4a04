//! Headers that all answers have, and the form of errors.

use serde_json::json;
use tests::{Response, TestApp};

const EVERY_ANSWER: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
    ("x-content-type-options", "nosniff"),
];

/// The headers of an answer without those of every answer and those of the limit.
fn own_headers(answer: &Response) -> Vec<(&str, &str)> {
    let common = |name: &str| EVERY_ANSWER.iter().any(|(it, _)| *it == name) || name.starts_with("ratelimit");
    let headers = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    headers.filter(|(name, _)| !common(name)).collect()
}

/// One answer of each status.
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
async fn every_answer_carries_the_security_headers() {
    let answers = one_of_each(&TestApp::start().await).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 400, 401, 401, 403, 404, 413, 415, 429, 503]);
    for answer in answers {
        for (name, value) in EVERY_ANSWER {
            assert_eq!(answer.header(name), value, "{name} of {}", answer.status);
        }
    }
}

#[tokio::test]
async fn every_error_is_a_problem_with_its_code_and_no_header_too_many() {
    let authenticate = ("www-authenticate", "Cookie realm=\"sessions\"");
    let problem = ("content-type", "application/problem+json");
    for answer in one_of_each(&TestApp::start().await).await.iter().filter(|it| it.status != 200) {
        let (title, code, headers) = match answer.status {
            400 => ("Bad Request", "INVALID_REQUEST", vec![problem]),
            401 if answer.header("ratelimit-policy").contains("login") => {
                ("Unauthorized", "INVALID_CREDENTIALS", vec![problem, authenticate])
            }
            401 => ("Unauthorized", "NOT_AUTHENTICATED", vec![problem, authenticate]),
            403 => ("Forbidden", "CROSS_SITE", vec![problem]),
            404 => ("Not Found", "NOT_FOUND", vec![problem]),
            413 => ("Payload Too Large", "PAYLOAD_TOO_LARGE", vec![problem]),
            415 => ("Unsupported Media Type", "UNSUPPORTED_MEDIA_TYPE", vec![problem]),
            429 => ("Quota Exceeded", "TOO_MANY_REQUESTS", vec![problem, ("retry-after", "12")]),
            503 => ("Service Unavailable", "UNAVAILABLE", vec![problem, ("retry-after", "5")]),
            other => panic!("{other}"),
        };
        assert_eq!(own_headers(answer), headers, "{}", answer.status);
        let mut expected =
            json!({ "type": "about:blank", "title": title, "status": answer.status, "code": code });
        if answer.status == 400 {
            expected["detail"] = json!("email is missing");
        }
        if answer.status == 415 {
            expected["detail"] = json!("the media type must be application/json");
        }
        if answer.status == 429 {
            expected["type"] = json!("https://iana.org/assignments/http-problem-types#quota-exceeded");
            expected["violated-policies"] = json!(["login"]);
        }
        assert_eq!(answer.problem(), expected);
    }
}

#[tokio::test]
async fn while_the_database_is_away_nobody_is_admitted_or_reported_logged_out() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let login = client.login("ada@example.com", "enchantress").await;
    let away = app.without_database().client().with_session_of(&login);
    for answer in [
        away.login("ada@example.com", "enchantress").await,
        away.status().await,
        away.logout().await,
        away.logout_everywhere().await,
    ] {
        assert!(answer.is(503, "UNAVAILABLE"), "{}", answer.body);
        assert!(answer.cookies.is_empty());
    }
    assert_eq!(app.client().with_session_of(&login).status().await.status, 200);
    assert_eq!(app.without_database().client().logout().await.status, 200, "nothing to look up");
}
