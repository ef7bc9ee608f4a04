//! How a session starts, lives and ends.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use std::time::Duration;
use tests::fault_proxy::{Call, Fault, Times};
use tests::{TestApp, text};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86400);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_logout_is_effective_on_every_instance() {
    let app = TestApp::start().await;
    let elsewhere = app.on_another_instance();
    let login = app.client().login("ada@example.com", "enchantress").await;
    let (here, there) = (app.client().with_session_of(&login), elsewhere.client().with_session_of(&login));
    assert_eq!((here.status().await.status, there.status().await.status), (200, 200));
    assert_eq!(here.logout().await.status, 200);
    assert!(here.status().await.is(401, "NOT_AUTHENTICATED"));
    assert!(there.status().await.is(401, "NOT_AUTHENTICATED"));
    assert_eq!(here.logout().await.status, 200, "a repetition");
}

#[tokio::test]
async fn logout_everywhere_ends_no_session_of_another_member() {
    let app = TestApp::start().await;
    app.add_member("bob@example.com", "builder").await;
    let bob = app.client().logged_in_as("bob@example.com", "builder").await;
    assert_eq!(app.client().logged_in().await.logout_everywhere().await.status, 200);
    assert_eq!(bob.status().await.body, r#"{"memberId":2}"#);
}

#[tokio::test]
async fn a_logout_ignores_other_parameters() {
    let app = TestApp::start().await;
    let other = app.client().logged_in().await;
    for query in ["", "ALL=true", "al=true", "x=all&y=true"] {
        let client = app.client().logged_in().await;
        assert_eq!(client.send("DELETE", "/sessions/", query).await.status, 200, "{query}");
        assert_eq!(client.status().await.status, 401, "{query}");
    }
    assert_eq!(other.status().await.status, 200);
}

#[tokio::test]
async fn a_logout_everywhere_without_a_live_session_only_clears_the_cookie() {
    let app = TestApp::start().await;
    let expired = app.client().logged_in().await;
    app.advance(HOUR);
    let (live, ended) = (app.client().logged_in().await, app.client().logged_in().await);
    ended.logout().await;
    let forged = app.client().with_cookie(&"A".repeat(104));
    for client in [app.client(), expired, ended, forged] {
        app.forget_calls();
        let response = client.logout_everywhere().await;
        assert!(response.is(401, "NOT_AUTHENTICATED"), "{}", response.body);
        assert_eq!(response.session_cookie(), "");
        assert!(!app.take_calls().contains(&"UpdateItem".to_owned()), "nothing is written");
    }
    assert_eq!(live.status().await.status, 200);
}

#[tokio::test]
async fn a_login_without_an_epoch_fails_if_a_revocation_creates_one_first() {
    let app = TestApp::start().await;
    app.client().logged_in().await;
    app.delete_epoch(1).await;
    let proxy = app.fault_proxy();
    let late = app.through(&proxy).client();
    let create = (Call("UpdateItem", "EpochsTable"), Times::Always);
    let login = late.login("ada@example.com", "enchantress");
    let (login, ()) = proxy.hold_during(create, login, app.end_sessions("ada@example.com")).await;
    assert!(login.is(503, "UNAVAILABLE"), "{}", login.body);
    assert_eq!(app.count_sessions(1).await, 0);
    assert_eq!(late.login("ada@example.com", "enchantress").await.status, 200, "the next attempt");
}

#[tokio::test]
async fn a_lost_epoch_ends_all_sessions_and_the_next_login_works() {
    let app = TestApp::start().await;
    let old = app.client().logged_in().await;
    app.delete_epoch(1).await;
    assert!(old.status().await.is(401, "NOT_AUTHENTICATED"));
    app.advance(SECOND);
    let new = app.client().logged_in().await;
    assert_eq!((new.status().await.status, old.status().await.status), (200, 401));
}

#[tokio::test]
async fn a_partial_database_response_is_an_error() {
    let app = TestApp::start().await;
    let session = app.session_of("ada@example.com").await;
    let proxy = app.fault_proxy();
    let client = app.through(&proxy).client().with_cookie(&session);
    for (times, status, attempts) in [(Times::Once, 200, 1), (Times::Always, 503, 3)] {
        proxy.disturb(Call("BatchGetItem", ""), Fault::Unprocessed, times);
        assert_eq!(client.status().await.status, status, "{times:?}");
        assert_eq!(proxy.heal().await, attempts, "{times:?}");
    }
    proxy.disturb(Call("BatchGetItem", ""), Fault::Unprocessed, Times::Always);
    assert!(client.logout_everywhere().await.is(503, "UNAVAILABLE"));
    proxy.heal().await;
    assert_eq!(client.status().await.status, 200, "nothing was revoked");
}

#[tokio::test]
async fn every_login_has_another_cookie() {
    let app = TestApp::start().await;
    let mut cookies = std::collections::BTreeSet::new();
    for _ in 0..5 {
        cookies.insert(app.client().login("ada@example.com", "enchantress").await.session_cookie());
    }
    assert_eq!(cookies.len(), 5);
}

#[tokio::test]
async fn a_session_expires_after_an_hour_without_a_request() {
    let app = TestApp::start().await;
    let (kept, left) = (app.client().logged_in().await, app.client().logged_in().await);
    app.advance(HOUR - SECOND);
    assert_eq!(kept.status().await.status, 200);
    app.advance(SECOND);
    assert!(left.status().await.is(401, "NOT_AUTHENTICATED"));
    app.advance(HOUR - 2 * SECOND);
    assert_eq!(kept.status().await.status, 200, "an hour since the request, not since the login");
}

#[tokio::test]
async fn a_session_expires_a_day_after_login_even_if_it_is_in_use() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    for _ in 0..47 {
        app.advance(30 * MINUTE);
        assert_eq!(client.status().await.status, 200);
    }
    app.advance(30 * MINUTE - SECOND);
    assert_eq!(client.status().await.status, 200);
    app.advance(SECOND);
    assert_eq!(client.status().await.status, 401);
}

#[tokio::test]
async fn a_remembered_session_expires_after_30_days() {
    let app = TestApp::start().await;
    let login = app.client().login_and_remember().await;
    assert!(login.cookies[0].contains("; Max-Age=2592000"));
    let client = app.client().with_session_of(&login);
    app.advance(15 * DAY);
    assert_eq!(client.status().await.status, 200);
    app.advance(15 * DAY - SECOND);
    assert_eq!(client.status().await.status, 200);
    app.advance(SECOND);
    assert_eq!(client.status().await.status, 401);
}

#[tokio::test]
async fn timeouts_come_from_the_environment() {
    let app =
        TestApp::start_with(&[("SESSION_IDLE_SECONDS", "60"), ("REMEMBER_LIFETIME_SECONDS", "120")]).await;
    let client = app.client().logged_in().await;
    let login = app.client().login_and_remember().await;
    assert!(login.cookies[0].contains("Max-Age=120"));
    app.advance(MINUTE);
    assert_eq!(client.status().await.status, 401);
    assert_eq!(app.client().with_session_of(&login).status().await.status, 200);
    app.advance(MINUTE);
    assert_eq!(app.client().with_session_of(&login).status().await.status, 401);
}

#[tokio::test]
async fn a_cookie_survives_one_rotation_of_its_key_and_not_two() {
    const YEAR: &str = "31536000";
    let timeouts = [("REMEMBER_IDLE_SECONDS", YEAR), ("REMEMBER_LIFETIME_SECONDS", YEAR)];
    let app = TestApp::start_with(&timeouts).await;
    let elsewhere = app.on_another_instance();
    let login = app.client().login_and_remember().await;
    for status in [200, 401] {
        app.advance(30 * DAY);
        let new = app.client().logged_in().await; // this login signs with a new key
        for app in [&app, &elsewhere] {
            assert_eq!(app.client().with_session_of(&login).status().await.status, status);
        }
        assert_eq!(new.status().await.status, 200);
    }
}

#[tokio::test]
async fn deleting_the_keys_ends_every_session_within_five_minutes() {
    let app = TestApp::start().await;
    let elsewhere = app.on_another_instance();
    let session = app.session_of("ada@example.com").await;
    let old = [&app, &elsewhere].map(|app| app.client().with_cookie(&session));
    for client in &old {
        assert_eq!(client.status().await.status, 200, "the instance has read the keys");
    }
    app.delete("SigningKeysTable", "ring", text("sessions")).await;
    app.advance(5 * MINUTE);
    let new = app.client().logged_in().await;
    for client in &old {
        assert!(client.status().await.is(401, "NOT_AUTHENTICATED"));
    }
    assert_eq!(new.status().await.status, 200);
}

#[tokio::test]
async fn the_use_of_a_session_is_recorded_at_most_once_per_twelfth_of_the_idle_timeout() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let records = |calls: Vec<String>| calls.iter().filter(|call| *call == "UpdateItem").count() - 1;
    client.status().await;
    for (minutes, recorded) in [(4, 0), (1, 1), (4, 0), (1, 1)] {
        app.advance(minutes * MINUTE);
        app.forget_calls();
        assert_eq!(client.status().await.status, 200);
        assert_eq!(records(app.take_calls()), recorded);
    }
}

#[tokio::test]
async fn every_change_of_a_member_ends_the_members_sessions() {
    let app = TestApp::start().await;
    app.add_member("bob@example.com", "builder").await;
    let bob = app.client().logged_in_as("bob@example.com", "builder").await;

    let client = app.client().logged_in().await;
    app.set_password("ada@example.com", "sorceress").await;
    assert_eq!(client.status().await.status, 401, "password set");
    assert!(app.client().login("ada@example.com", "enchantress").await.is(401, "INVALID_CREDENTIALS"));

    let login = app.client().login("ada@example.com", "sorceress").await;
    app.disable("ada@example.com").await;
    assert_eq!(app.client().with_session_of(&login).status().await.status, 401, "disabled");
    assert!(app.client().login("ada@example.com", "sorceress").await.is(401, "INVALID_CREDENTIALS"));

    app.enable("ada@example.com").await;
    let login = app.client().login("ada@example.com", "sorceress").await;
    assert_eq!(login.status, 200, "enabled");
    app.remove("ada@example.com").await;
    assert_eq!(app.client().with_session_of(&login).status().await.status, 401, "removed");
    assert!(app.client().login("ada@example.com", "sorceress").await.is(401, "INVALID_CREDENTIALS"));

    assert_eq!(app.add_member("ada@example.com", "enchantress").await.get(), 3, "the id is not reused");
    assert_eq!(bob.status().await.status, 200, "the sessions of other members stay live");
}

#[tokio::test]
async fn the_table_contains_no_part_of_a_cookie() {
    let app = TestApp::start().await;
    let login = app.client().login("ada@example.com", "enchantress").await;
    let cookie = login.session_cookie();
    let sent = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&cookie).unwrap();
    // No attribute contains 16 bytes of the decoded cookie, or 16 characters of its text.
    for (name, value) in &app.items("SessionsTable").await[0] {
        let bytes = match value {
            AttributeValue::B(bytes) => bytes.as_ref(),
            AttributeValue::S(text) | AttributeValue::N(text) => text.as_bytes(),
            AttributeValue::Bool(_) => continue,
            _ => panic!("{name} has a type that this test does not know"),
        };
        let is_part = |part: &[u8]| bytes.windows(16).any(|it| it == part);
        assert!(!sent.windows(16).any(is_part) && !cookie.as_bytes().windows(16).any(is_part), "{name}");
    }
}
