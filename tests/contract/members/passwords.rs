//! Setting passwords, and the rules for new ones.

use super::{ANOTHER, PASSWORD, add};
use serde_json::json;
use shared::members::{Email, MemberId};
use std::time::Duration;
use tests::TestApp;

#[tokio::test]
async fn setting_a_password_ends_all_sessions() {
    let app = TestApp::start().await;
    let session = app.client().logged_in().await;
    assert_eq!(
        app.invoke(&json!({"action": "setPassword", "memberId": 1, "password": ANOTHER})).await,
        json!({})
    );
    assert_eq!(session.status().await.status, 401);
    assert_eq!(app.client().login("ada@example.com", "enchantress").await.status, 401);
    app.client().logged_in_as("ada@example.com", ANOTHER).await;
}

#[tokio::test]
async fn an_imported_member_without_a_password_can_get_a_weak_one() {
    let app = TestApp::start().await;
    let (email, id) = (Email::parse("bob@example.com").unwrap(), MemberId::new(7).unwrap());
    app.members().add_with_id(&email, None, id, app.now()).await.unwrap();
    let find = json!({"action": "find", "email": "bob@example.com"});
    assert_eq!(app.invoke(&find).await["hasPassword"], false);
    let before = app.rounds();
    assert_eq!(app.client().login("bob@example.com", "bob1").await.status, 401);
    let cost = app.rounds() - before;
    assert_eq!(app.client().login("nobody@example.com", "bob1").await.status, 401);
    assert_eq!(app.rounds(), before + 2 * cost);

    let set = |password: &str, weak: bool| json!({"action": "setPassword", "memberId": 7, "password": password, "allowWeak": weak});
    assert_eq!(app.invoke(&set("bob1", false)).await["error"], "WEAK_PASSWORD");
    for never in ["", "bob\0", &"x".repeat(73)] {
        assert_eq!(app.invoke(&set(never, true)).await["error"], "WEAK_PASSWORD");
    }
    assert_eq!(app.invoke(&set("bob1", true)).await, json!({}));
    assert_eq!(app.invoke(&find).await["hasPassword"], true);
    app.client().logged_in_as("bob@example.com", "bob1").await;
}

#[tokio::test]
async fn a_current_password_must_match() {
    let app = TestApp::start().await;
    let change = |current| json!({"action": "setPassword", "memberId": 1, "password": ANOTHER, "currentPassword": current});
    let session = app.client().logged_in().await;
    let too_long = "x".repeat(100);
    for wrong in ["wrong", "", "Enchantress", too_long.as_str()] {
        assert_eq!(app.invoke(&change(wrong)).await["error"], "INVALID_CREDENTIALS");
    }
    assert_eq!(session.status().await.status, 200);
    assert_eq!(app.invoke(&change("enchantress")).await, json!({}));
    assert_eq!(session.status().await.status, 401);
    assert_eq!(app.invoke(&change("enchantress")).await, json!({}), "a repetition succeeds");
    let other = json!({"action": "setPassword", "memberId": 1, "password": PASSWORD, "currentPassword": "enchantress"});
    assert_eq!(app.invoke(&other).await["error"], "INVALID_CREDENTIALS", "no repetition");
    app.client().logged_in_as("ada@example.com", ANOTHER).await;
}

#[tokio::test]
async fn every_wrong_current_password_takes_the_same_work() {
    let app = TestApp::start_with(&[("BCRYPT_COST", "10")]).await;
    app.add_member_with_hash(
        "bob@example.com",
        "$2b$04$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u",
    )
    .await;
    add(&app, "eve@example.com").await;
    app.disable("eve@example.com").await;
    for (id, current) in [(1, "wrong"), (2, "wrong"), (3, PASSWORD), (1, "x\0"), (2, &"x".repeat(73))] {
        let before = app.rounds_of_members();
        let request =
            json!({"action": "setPassword", "memberId": id, "password": ANOTHER, "currentPassword": current});
        assert_eq!(app.invoke(&request).await["error"], "INVALID_CREDENTIALS", "{id}");
        assert_eq!(app.rounds_of_members() - before, 2 << 10, "one verification and one new hash, {id}");
    }
}

#[tokio::test]
async fn wrong_current_passwords_are_limited_and_right_ones_are_not() {
    let app = TestApp::start_with_account_quota("3/3600").await;
    let change =
        |from, to| json!({"action": "setPassword", "memberId": 1, "password": to, "currentPassword": from});
    app.invoke(&change("enchantress", PASSWORD)).await;
    for _ in 0..3 {
        assert_eq!(app.invoke(&change(PASSWORD, ANOTHER)).await, json!({}));
        assert_eq!(app.invoke(&change(ANOTHER, PASSWORD)).await, json!({}));
    }
    for _ in 0..3 {
        assert_eq!(app.invoke(&change("wrong", ANOTHER)).await["error"], "INVALID_CREDENTIALS");
    }
    let refused = app.invoke(&change(PASSWORD, ANOTHER)).await;
    assert_eq!((&refused["error"], &refused["retryAfter"]), (&json!("TOO_MANY_REQUESTS"), &json!(1200)));
    let by_application = json!({"action": "setPassword", "memberId": 1, "password": ANOTHER});
    assert_eq!(app.invoke(&by_application).await, json!({}), "without a current password there is no limit");
    app.advance(Duration::from_secs(1200));
    assert_eq!(app.invoke(&change(ANOTHER, PASSWORD)).await, json!({}));
}

#[tokio::test]
async fn an_easily_guessed_password_is_refused_with_advice() {
    let app = TestApp::start_with(&[("SITE_NAME", "Tozomania")]).await;
    for password in ["password", "12345678", "tozomania1", "bob.builder", "bob.builder@example.com"] {
        let request = json!({"action": "add", "email": "bob.builder@example.com", "password": password});
        let refused = app.invoke(&request).await;
        assert_eq!(refused["error"], "WEAK_PASSWORD", "{password}");
    }
    let refused = app.invoke(&json!({"action": "setPassword", "memberId": 1, "password": "password"})).await;
    assert!(refused["warning"].is_string() && refused["suggestions"].is_array());
}

#[tokio::test]
async fn a_password_that_is_too_short_or_would_be_cut_by_bcrypt_is_refused() {
    let app = TestApp::start_with(&[("PASSWORD_MIN_LENGTH", "15")]).await;
    for (password, detail) in [
        ("", "the password must have 15 characters or more"),
        ("quiet-lantern", "the password must have 15 characters or more"),
        (
            &"quiet-lantern-408".repeat(5),
            "the password must not be over 72 bytes in UTF-8: bcrypt reads no further",
        ),
        ("quiet-lantern-408\0", "the password must not contain a NUL: bcrypt reads no further"),
    ] {
        let refused =
            app.invoke(&json!({"action": "setPassword", "memberId": 1, "password": password})).await;
        assert_eq!((&refused["error"], &refused["detail"]), (&json!("WEAK_PASSWORD"), &json!(detail)));
    }
}
