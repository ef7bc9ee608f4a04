//! The members function, action by action. Each response is checked against `docs/members-function.schema.json`.

mod passwords;
pub(crate) mod refusals;
mod sessions;

use serde_json::{Value, json};
use tests::{TestApp, text, with};

/// A password that the policy accepts.
const PASSWORD: &str = "violet-harbour-93";

/// Another accepted password.
const ANOTHER: &str = "quiet-lantern-408";

async fn add(app: &TestApp, email: &str) -> Value {
    app.invoke(&json!({"action": "add", "email": email, "password": PASSWORD})).await
}

async fn find(app: &TestApp, id: u64) -> Value {
    app.invoke(&json!({"action": "find", "memberId": id})).await
}

#[tokio::test]
async fn an_added_member_can_log_in() {
    let app = TestApp::start().await;
    assert_eq!(add(&app, " Bob@B\u{fc}cher.example ").await, json!({"memberId": 2}));
    for spelling in ["bob@xn--bcher-kva.example", "BOB@b\u{fc}cher.example"] {
        assert_eq!(app.client().login(spelling, PASSWORD).await.status, 200, "{spelling}");
    }
}

#[tokio::test]
async fn a_member_is_found_by_email_and_by_id() {
    let app = TestApp::start().await;
    let by_number = find(&app, 1).await;
    let by_email = app.invoke(&json!({"action": "find", "email": "Ada@Example.com"})).await;
    assert_eq!(by_number, by_email);
    assert_eq!(by_number["email"], "ada@example.com");
    assert_eq!(by_number["disabled"], false);
    assert!(by_number["createdAt"].is_string());
}

/// The test simulates a wrong restore that brought back the item under a former email.
#[tokio::test]
async fn two_members_with_one_id_are_an_error_for_every_action_by_id() {
    let app = TestApp::start().await;
    let ada = app.item("MembersTable", "email", "ada@example.com").await;
    app.put("MembersTable", &with(&ada, "email", Some(text("former@example.com")))).await;
    for action in ["find", "disable", "remove", "endSessions"] {
        let refused = app.invoke(&json!({"action": action, "memberId": 1})).await;
        assert_eq!(refused["error"], "INCONSISTENT_TABLES", "{action}");
        assert_eq!(refused["detail"], "two members have the member id 1: see `members check`");
    }
    assert_eq!(app.invoke(&json!({"action": "remove", "email": "former@example.com"})).await, json!({}));
    assert_eq!(find(&app, 1).await["email"], "ada@example.com");
}

#[tokio::test]
async fn an_action_on_an_unknown_member_returns_no_such_member() {
    let app = TestApp::start().await;
    let id = "0".repeat(64);
    for request in [
        json!({"action": "find", "memberId": 9}),
        json!({"action": "find", "email": "nobody@example.com"}),
        json!({"action": "setPassword", "memberId": 9, "password": ANOTHER}),
        json!({"action": "setPassword", "memberId": 9, "password": ANOTHER, "currentPassword": PASSWORD}),
        json!({"action": "setEmail", "memberId": 9, "email": "new@example.com"}),
        json!({"action": "sessions", "memberId": 9}),
        json!({"action": "endSession", "memberId": 9, "id": id}),
        json!({"action": "endSessions", "email": "nobody@example.com"}),
        json!({"action": "disable", "memberId": 9}),
        json!({"action": "enable", "memberId": 9}),
        json!({"action": "remove", "email": "nobody@example.com"}),
    ] {
        assert_eq!(app.invoke(&request).await["error"], "NO_SUCH_MEMBER", "{}", request["action"]);
    }
}

#[tokio::test]
async fn a_member_logs_in_with_the_new_email_and_not_with_the_old_one() {
    let app = TestApp::start().await;
    let session = app.client().logged_in().await;
    let set = json!({"action": "setEmail", "memberId": 1, "email": "Ada@New.example"});
    assert_eq!(app.invoke(&set).await, json!({}));
    assert_eq!(session.status().await.status, 200, "the session stays");
    assert!(app.client().login("ada@example.com", "enchantress").await.is(401, "INVALID_CREDENTIALS"));
    assert_eq!(app.client().login("ada@new.example", "enchantress").await.status, 200);
    assert_eq!(find(&app, 1).await["email"], "ada@new.example");
    assert_eq!(app.invoke(&set).await, json!({}), "a repetition succeeds");
}

#[tokio::test]
async fn a_change_of_the_email_ends_the_trust_in_devices_even_if_it_is_undone() {
    for emails in [&["ada@new.example"][..], &["ada@new.example", "ada@example.com"]] {
        let app = TestApp::start_with_account_quota("1/3600").await;
        let login = app.client().login("ada@example.com", "enchantress").await;
        for email in emails {
            app.invoke(&json!({"action": "setEmail", "memberId": 1, "email": email})).await;
        }
        let email = emails.last().unwrap();
        let device = app.client().with_device_of(&login);
        assert_eq!(device.login(email, "wrong").await.status, 401);
        let other = app.client().login(email, "wrong").await;
        assert_eq!(other.status, 429, "the device had no bucket to itself");
    }
}

#[tokio::test]
async fn a_taken_email_stays_with_its_member() {
    let app = TestApp::start().await;
    add(&app, "bob@example.com").await;
    let taken = json!({"action": "setEmail", "memberId": 2, "email": "ada@example.com"});
    assert_eq!(app.invoke(&taken).await["error"], "EMAIL_TAKEN");
    assert_eq!(add(&app, "ADA@example.com").await["error"], "EMAIL_TAKEN");
    assert_eq!(find(&app, 1).await["email"], "ada@example.com");
    assert_eq!(find(&app, 2).await["email"], "bob@example.com");
}

#[tokio::test]
async fn a_member_is_disabled_enabled_and_removed() {
    let app = TestApp::start().await;
    let session = app.client().logged_in().await;
    assert_eq!(app.invoke(&json!({"action": "disable", "memberId": 1})).await, json!({}));
    assert_eq!(session.status().await.status, 401);
    assert_eq!(find(&app, 1).await["disabled"], true);
    assert_eq!(app.client().login("ada@example.com", "enchantress").await.status, 401);
    assert_eq!(app.invoke(&json!({"action": "enable", "email": "ada@example.com"})).await, json!({}));
    let session = app.client().logged_in().await;
    assert_eq!(app.invoke(&json!({"action": "remove", "memberId": 1})).await, json!({}));
    assert_eq!(session.status().await.status, 401);
    assert_eq!(find(&app, 1).await["error"], "NO_SUCH_MEMBER");
    assert_eq!(add(&app, "ada@example.com").await, json!({"memberId": 2}));
}
