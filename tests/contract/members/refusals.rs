//! Requests that are refused, and what is logged.

use super::{ANOTHER, PASSWORD};
use serde_json::{Value, json};
use tests::{TestApp, take_log};

#[tokio::test]
async fn a_request_that_is_not_as_documented_is_refused() {
    let app = TestApp::start().await;
    for request in [
        json!(null),
        json!("add"),
        json!({"action": "drop"}),
        json!({"action": "find"}),
        json!({"action": "find", "memberId": 1, "email": "ada@example.com"}),
        json!({"action": "setPassword", "memberId": 1, "password": ANOTHER, "currentpassword": "wrong"}),
        json!({"action": "setPassword", "memberId": 1, "password": ANOTHER, "currentPassword": null}),
        json!({"action": "setEmail", "memberId": 1, "email": "NULL"}),
        json!({"action": "add", "email": "Ann <ann@example.com>", "password": PASSWORD}),
        json!({"action": "add", "email": "mailto:ann@example.com", "password": PASSWORD}),
        json!({"action": "add", "email": "an\u{200b}n@example.com", "password": PASSWORD}),
    ] {
        let refused = app.invoke_with(&request).await;
        assert_eq!(refused["error"], "INVALID_REQUEST", "{request}");
    }
    assert_eq!(app.client().login("ada@example.com", "enchantress").await.status, 200, "nothing was changed");
}

#[tokio::test]
async fn while_the_database_is_away_every_action_says_so() {
    let app = TestApp::start().await.without_database();
    let id = "0".repeat(64);
    for request in [
        json!({"action": "add", "email": "bob@example.com", "password": PASSWORD}),
        json!({"action": "find", "memberId": 1}),
        json!({"action": "setPassword", "memberId": 1, "password": ANOTHER}),
        json!({"action": "setEmail", "memberId": 1, "email": "new@example.com"}),
        json!({"action": "sessions", "memberId": 1}),
        json!({"action": "endSession", "memberId": 1, "id": id}),
        json!({"action": "remove", "memberId": 1}),
    ] {
        let answer = app.invoke(&request).await;
        assert_eq!((&answer["error"], &answer["retryAfter"]), (&json!("UNAVAILABLE"), &json!(5)));
    }
}

async fn a_story() -> Vec<Value> {
    let app = TestApp::start_with(&[("ACCOUNT_QUOTA", "1/3600")]).await;
    app.session_of("ada@example.com").await;
    let change =
        json!({"action": "setPassword", "memberId": 1, "password": ANOTHER, "currentPassword": "wrong"});
    let listed = app.invoke(&json!({"action": "sessions", "memberId": 1})).await;
    for request in [
        json!({"action": "add", "email": "bob@example.com", "password": PASSWORD}),
        json!({"action": "find", "email": "bob@example.com"}),
        change.clone(),
        change,
        json!({"action": "setPassword", "memberId": 2, "password": ANOTHER, "currentPassword": PASSWORD}),
        json!({"action": "setPassword", "memberId": 2, "password": PASSWORD}),
        json!({"action": "setEmail", "memberId": 2, "email": "bob@new.example"}),
        json!({"action": "endSession", "memberId": 1, "id": listed["sessions"][0]["id"]}),
        json!({"action": "endSession", "memberId": 1, "id": listed["sessions"][0]["id"]}),
        json!({"action": "endSessions", "memberId": 2}),
        json!({"action": "disable", "memberId": 2}),
        json!({"action": "enable", "memberId": 2}),
        json!({"action": "remove", "memberId": 2}),
        json!({"action": "remove", "memberId": 2}),
    ] {
        app.invoke(&request).await;
    }
    app.without_database().invoke(&json!({"action": "find", "memberId": 1})).await;
    take_log()
}

#[tokio::test]
async fn the_log_tells_who_was_changed_and_no_email() {
    let log = a_story().await;
    let told = |line: &Value| {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {} {}", text("level"), text("event"), line["member_id"], text("reason"))
    };
    let told: Vec<_> = log.iter().map(told).collect();
    assert_eq!(
        told[..told.len() - 1],
        [
            "INFO sensitive_read 1 sessions",
            "INFO user_created 2 ",
            "INFO sensitive_read 2 find",
            "WARN authn_password_change_fail 1 wrong current password",
            "WARN authn_password_change_fail 1 too many attempts",
            "INFO authn_password_change 2 by the member",
            "INFO authn_password_change 2 by the application",
            "INFO user_updated 2 email",
            "INFO session_revoked 1 one session",
            "INFO session_revoked 2 all sessions",
            "INFO user_updated 2 disabled",
            "INFO user_updated 2 enabled",
            "INFO user_deleted 2 removed",
        ]
    );
    assert!(told.last().unwrap().starts_with("ERROR unavailable null "));
    for line in &log {
        assert_eq!((&line["request_id"], &line["client"]), (&json!("an-invocation"), &json!("application")));
        assert!(!line.to_string().contains('@'));
    }
}
