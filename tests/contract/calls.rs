//! What a request costs, counted on the wire.

use tests::TestApp;

/// The calls so far, those that go out at once in alphabetical order.
fn calls(app: &TestApp, at_once: std::ops::Range<usize>) -> Vec<String> {
    let mut calls = app.take_calls();
    calls[at_once].sort_unstable();
    calls
}

#[tokio::test]
async fn a_login_is_a_bucket_another_beside_the_member_and_a_transaction() {
    let app = TestApp::start().await;
    app.client().logged_in().await; // the key rings are made
    app.forget_calls();
    app.client().logged_in().await;
    assert_eq!(calls(&app, 1..3), ["UpdateItem", "GetItem", "UpdateItem", "TransactWriteItems"]);
}

#[tokio::test]
async fn a_failed_login_is_a_bucket_and_another_beside_the_member() {
    let app = TestApp::start().await;
    app.client().logged_in().await;
    app.forget_calls();
    for email in ["ada@example.com", "nobody@example.com"] {
        app.client().login(email, "wrong").await;
        assert_eq!(calls(&app, 1..3), ["UpdateItem", "GetItem", "UpdateItem"], "{email}");
    }
}

#[tokio::test]
async fn the_first_login_of_all_makes_the_key_rings() {
    let app = TestApp::start().await;
    app.client().logged_in().await;
    let ring = ["GetItem", "PutItem"];
    let expected =
        [&["UpdateItem"][..], &ring, &["GetItem", "UpdateItem"], &ring, &["TransactWriteItems"]].concat();
    assert_eq!(calls(&app, 3..5), expected);
}

#[tokio::test]
async fn a_status_is_a_bucket_beside_a_session() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    client.status().await;
    app.forget_calls();
    client.status().await;
    let mut calls = app.take_calls();
    calls.sort();
    assert_eq!(calls, ["GetItem", "UpdateItem"]);
}

#[tokio::test]
async fn a_forged_cookie_never_reaches_the_sessions() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    client.status().await;
    let other_app = TestApp::start().await;
    let login = other_app.client().login("ada@example.com", "enchantress").await;
    let forger = app.client().with_cookies(&format!("{}={}0", tests::COOKIE, &login.session_cookie()[..103]));
    app.forget_calls();
    assert_eq!(forger.logout().await.status, 200);
    assert!(!app.take_calls().contains(&"DeleteItem".to_owned()));
    assert_eq!(forger.status().await.status, 401);
    assert!(app.take_calls().iter().filter(|call| *call == "GetItem").count() <= 1, "the ring, perhaps");
}

#[tokio::test]
async fn a_logout_is_one_delete_and_without_a_cookie_nothing() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    client.logout().await;
    app.forget_calls();
    client.logout().await;
    assert_eq!(app.take_calls(), ["DeleteItem"]);
    app.client().logout().await;
    assert_eq!(app.take_calls(), [""; 0]);
}

#[tokio::test]
async fn what_is_refused_at_the_door_costs_nothing() {
    let app = TestApp::start().await;
    app.client().header("sec-fetch-site", "cross-site").login("ada@example.com", "enchantress").await;
    app.client().send("POST", "/elsewhere", "").await;
    assert_eq!(app.take_calls(), [""; 0]);
}

#[tokio::test]
async fn junk_cookies_do_not_make_every_request_read_the_key_ring() {
    let app = TestApp::start().await;
    let junk = app.client().with_cookie(&"A".repeat(104));
    junk.logout().await;
    app.forget_calls();
    for _ in 0..100 {
        junk.logout().await;
    }
    assert!(app.take_calls().len() <= 10);
}
