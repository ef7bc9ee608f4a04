//! Refused requests, and the log.

use super::{ANOTHER, PASSWORD};
use serde_json::{Value, json};
use tests::{TestApp, take_log};

#[tokio::test]
async fn an_undocumented_request_is_refused() {
    let app = TestApp::start().await;
    for request in [
        json!(null),
        json!({"action": "drop"}),
        json!({"action": "setPassword", "memberId": 1, "password": ANOTHER, "currentpassword": "wrong"}),
        json!({"action": "setEmail", "memberId": 1, "email": "NULL"}),
        json!({"action": "add", "email": "Ann <ann@example.com>", "password": PASSWORD}),
    ] {
        let refused = app.invoke_with(&request).await;
        assert_eq!(refused["error"], "INVALID_REQUEST", "{request}");
    }
    assert_eq!(app.client().login("ada@example.com", "enchantress").await.status, 200, "nothing was changed");
}

async fn log_of_actions() -> Vec<Value> {
    let app = TestApp::start_with_account_quota("1/3600").await;
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
    let response = app.without_database().invoke(&json!({"action": "find", "memberId": 1})).await;
    assert_eq!((&response["error"], &response["retryAfter"]), (&json!("UNAVAILABLE"), &json!(5)));
    take_log()
}

#[tokio::test]
async fn the_log_contains_member_ids_and_no_emails() {
    let log = log_of_actions().await;
    let logged = |line: &Value| {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {} {}", text("level"), text("event"), line["member_id"], text("reason"))
    };
    let logged: Vec<_> = log.iter().map(logged).collect();
    assert_eq!(
        logged[..logged.len() - 1],
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
    assert!(logged.last().unwrap().starts_with("ERROR unavailable null "));
    for line in &log {
        assert_eq!((&line["request_id"], &line["client"]), (&json!("an-invocation"), &json!("application")));
        assert!(!line.to_string().contains('@'));
    }
}
