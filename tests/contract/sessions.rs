//! How a session starts, lives and ends.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use std::time::Duration;
use tests::TestApp;
use tests::fault_proxy::{Call, Fault, Times};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86400);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_logged_out_cookie_is_dead_on_every_instance() {
    let app = TestApp::start().await;
    let elsewhere = app.on_another_instance();
    let login = app.client().login("ada@example.com", "enchantress").await;
    let (here, there) = (app.client().with_session_of(&login), elsewhere.client().with_session_of(&login));
    assert_eq!((here.status().await.status, there.status().await.status), (200, 200));
    assert_eq!(here.logout().await.status, 200);
    assert!(here.status().await.is(401, "NOT_AUTHENTICATED"));
    assert!(there.status().await.is(401, "NOT_AUTHENTICATED"));
    assert_eq!(here.logout().await.status, 200, "again");
}

#[tokio::test]
async fn logout_everywhere_leaves_other_members_where_they_are() {
    let app = TestApp::start().await;
    app.add_member("bob@example.com", "builder").await;
    let bob = app.client();
    let bob = bob.clone().with_session_of(&bob.login("bob@example.com", "builder").await);
    assert_eq!(app.client().logged_in().await.logout_everywhere().await.status, 200);
    assert_eq!(bob.status().await.body, r#"{"memberId":2}"#);
}

#[tokio::test]
async fn other_parameters_are_ignored_and_other_values_of_all_end_no_session() {
    let app = TestApp::start().await;
    let other = app.client().logged_in().await;
    for query in ["", "ALL=true", "al=true", "x=all&y=true"] {
        let client = app.client().logged_in().await;
        assert_eq!(client.send("DELETE", "/sessions/", query).await.status, 200, "{query}");
        assert_eq!(client.status().await.status, 401, "{query}");
    }
    for query in ["all", "all=", "all=false", "all=1", "all=True", "all=false&all=true", "all=true&all=true"]
    {
        let answer = other.send("DELETE", "/sessions/", query).await;
        assert!(answer.is(400, "INVALID_REQUEST"), "{query}: {}", answer.body);
        assert!(answer.cookies.is_empty(), "{query}");
    }
    assert_eq!(other.status().await.status, 200);
}

#[tokio::test]
async fn without_a_live_session_a_logout_everywhere_revokes_nothing_and_clears_the_cookie() {
    let app = TestApp::start().await;
    let expired = app.client().logged_in().await;
    app.advance(HOUR);
    let (live, ended) = (app.client().logged_in().await, app.client().logged_in().await);
    ended.logout().await;
    let forged = app.client().with_cookie(&"A".repeat(104));
    for client in [app.client(), expired, ended, forged] {
        app.forget_calls();
        let answer = client.logout_everywhere().await;
        assert!(answer.is(401, "NOT_AUTHENTICATED"), "{}", answer.body);
        assert_eq!(answer.session_cookie(), "");
        assert!(!app.take_calls().contains(&"UpdateItem".to_owned()), "nothing is written");
    }
    assert_eq!(live.status().await.status, 200);
}

#[tokio::test]
async fn a_login_that_finds_no_epoch_is_refused_when_a_revocation_writes_one() {
    let app = TestApp::start().await;
    app.client().logged_in().await;
    app.delete_epoch(1).await;
    let proxy = app.fault_proxy();
    let late = app.over(&proxy).client();
    let create = (Call("UpdateItem", "EpochsTable"), Times::Always);
    let login = late.login("ada@example.com", "enchantress");
    let (login, ()) = proxy.hold_during(create, login, app.end_sessions("ada@example.com")).await;
    assert!(login.is(503, "UNAVAILABLE"), "{}", login.body);
    assert_eq!(app.count_sessions(1).await, 0);
    assert_eq!(late.login("ada@example.com", "enchantress").await.status, 200, "the next try");
}

#[tokio::test]
async fn without_an_epoch_old_cookies_are_over_and_the_next_login_works() {
    let app = TestApp::start().await;
    let old = app.client().logged_in().await;
    app.delete_epoch(1).await;
    assert!(old.status().await.is(401, "NOT_AUTHENTICATED"));
    app.advance(SECOND);
    let new = app.client().logged_in().await;
    assert_eq!((new.status().await.status, old.status().await.status), (200, 401));
}

#[tokio::test]
async fn half_an_answer_of_the_database_is_neither_a_live_session_nor_none() {
    let app = TestApp::start().await;
    let session = app.session_of("ada@example.com").await;
    let proxy = app.fault_proxy();
    let client = app.over(&proxy).client().with_cookie(&session);
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
async fn after_members_was_restored_no_old_cookie_opens_the_session_of_another_member() {
    let app = TestApp::start().await;
    let backup = app.database().scan().table_name("MembersTable").send().await.unwrap();
    app.add_member("bob@example.com", "builder").await;
    let login = app.client().login("bob@example.com", "builder").await;
    let bob = app.client().with_session_of(&login);
    let delete = app.database().delete_item().table_name("MembersTable");
    delete.key("email", AttributeValue::S("bob@example.com".into())).send().await.unwrap();
    for item in backup.items() {
        let put = app.database().put_item().table_name("MembersTable");
        put.set_item(Some(item.clone())).send().await.unwrap();
    }
    let carol = app.add_member("carol@example.com", "charmer").await.get();
    assert!(carol > 2, "bob was number 2");
    assert_eq!(app.client().login("carol@example.com", "charmer").await.status, 200);
    assert_eq!(bob.status().await.body, r#"{"memberId":2}"#, "a number that no member has");
    assert!(app.client().login("bob@example.com", "builder").await.is(401, "INVALID_CREDENTIALS"));
}

#[tokio::test]
async fn a_login_ends_the_session_of_another_member_that_it_came_with_too() {
    let app = TestApp::start().await;
    app.add_member("bob@example.com", "builder").await;
    let ada = app.client().logged_in().await;
    let login = ada.login("bob@example.com", "builder").await;
    assert_eq!(app.client().with_session_of(&login).status().await.body, r#"{"memberId":2}"#);
    assert_eq!(ada.status().await.status, 401);
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
async fn a_session_is_over_after_an_hour_without_a_request() {
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
async fn a_session_is_over_a_day_after_login_however_busy() {
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
async fn a_remembered_session_is_over_after_30_days() {
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
async fn a_cookie_outlives_one_rotation_of_the_key_that_signed_it_and_not_two() {
    const YEAR: &str = "31536000";
    let timeouts = [("REMEMBER_IDLE_SECONDS", YEAR), ("REMEMBER_LIFETIME_SECONDS", YEAR)];
    let app = TestApp::start_with(&timeouts).await;
    let elsewhere = app.on_another_instance();
    let login = app.client().login_and_remember().await;
    for status in [200, 401] {
        app.advance(30 * DAY);
        let new = app.client().logged_in().await; // a login with a new key
        for app in [&app, &elsewhere] {
            assert_eq!(app.client().with_session_of(&login).status().await.status, status);
        }
        assert_eq!(new.status().await.status, 200);
    }
}

#[tokio::test]
async fn without_its_keys_every_session_is_over_within_five_minutes() {
    let app = TestApp::start().await;
    let elsewhere = app.on_another_instance();
    let session = app.session_of("ada@example.com").await;
    let old = [&app, &elsewhere].map(|app| app.client().with_cookie(&session));
    for client in &old {
        assert_eq!(client.status().await.status, 200, "the instance knows the keys now");
    }
    let delete = app.database().delete_item().table_name("SigningKeysTable");
    delete.key("ring", AttributeValue::S("sessions".into())).send().await.unwrap();
    app.advance(5 * MINUTE);
    let new = app.client().logged_in().await;
    for client in &old {
        assert!(client.status().await.is(401, "NOT_AUTHENTICATED"));
    }
    assert_eq!(new.status().await.status, 200);
}

#[tokio::test]
async fn a_use_is_noted_at_most_once_in_a_twelfth_of_the_idle_time() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let notes = |calls: Vec<String>| calls.iter().filter(|call| *call == "UpdateItem").count() - 1;
    client.status().await;
    for (minutes, noted) in [(4, 0), (1, 1), (4, 0), (1, 1)] {
        app.advance(minutes * MINUTE);
        app.forget_calls();
        assert_eq!(client.status().await.status, 200);
        assert_eq!(notes(app.take_calls()), noted);
    }
}

#[tokio::test]
async fn what_changes_the_member_ends_the_members_sessions() {
    let app = TestApp::start().await;
    app.add_member("bob@example.com", "builder").await;
    let bob = app.client();
    let bob = bob.clone().with_session_of(&bob.login("bob@example.com", "builder").await);

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

    assert_eq!(
        app.add_member("ada@example.com", "enchantress").await.get(),
        3,
        "the number is not given again"
    );
    assert_eq!(bob.status().await.status, 200, "the sessions of other members stay live");
}

#[tokio::test]
async fn the_table_holds_nothing_that_a_cookie_could_be_made_of() {
    let app = TestApp::start().await;
    let login = app.client().login("ada@example.com", "enchantress").await;
    let cookie = login.session_cookie();
    let sessions = app.database().scan().table_name("SessionsTable").send().await.unwrap();
    let sent = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&cookie).unwrap();
    // No attribute has 16 bytes of the cookie, or 16 characters of its text.
    for (name, value) in &sessions.items()[0] {
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
