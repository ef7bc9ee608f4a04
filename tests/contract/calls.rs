//! The calls to `DynamoDB` of each request, counted on the wire.

use serde_json::Value;
use tests::TestApp;

/// The calls of the first two rounds of every login: the client's bucket and the member, then a bucket of the account
/// and the epoch.
const ROUNDS: [&str; 4] = ["GetItem", "UpdateItem", "GetItem", "UpdateItem"];

/// The calls so far. The calls of a round are sent at the same time, so they are sorted within the round.
fn calls(app: &TestApp, rounds: &[usize]) -> Vec<String> {
    let (mut calls, mut from) = (app.take_calls(), 0);
    for round in rounds {
        calls[from..from + round].sort_unstable();
        from += round;
    }
    calls
}

#[tokio::test]
async fn a_login_makes_six_calls_in_three_rounds() {
    let app = TestApp::start().await;
    app.client().logged_in().await; // creates the key rings
    app.forget_calls();
    app.client().logged_in().await;
    assert_eq!(calls(&app, &[2, 2, 2]), [&ROUNDS[..], &["TransactWriteItems", "UpdateItem"]].concat());
}

#[tokio::test]
async fn a_failed_login_makes_four_calls_in_two_rounds_for_every_email() {
    let app = TestApp::start().await;
    app.client().logged_in().await;
    app.add_member("carol@example.com", "charmer").await;
    app.disable("carol@example.com").await;
    app.forget_calls();
    for email in ["ada@example.com", "nobody@example.com", "carol@example.com"] {
        app.client().login(email, "wrong").await;
        assert_eq!(calls(&app, &[2, 2]), ROUNDS, "{email}");
    }
}

#[tokio::test]
async fn a_status_call_takes_a_permit_while_it_reads_the_session_and_its_epoch() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    client.status().await;
    app.forget_calls();
    client.status().await;
    assert_eq!(calls(&app, &[2]), ["BatchGetItem", "UpdateItem"]);
}

#[tokio::test]
async fn a_logout_everywhere_makes_one_read_and_one_write_for_any_number_of_sessions() {
    let app = TestApp::start().await;
    let mut sessions = Vec::new();
    for _ in 0..50 {
        sessions.push(app.session_of("ada@example.com").await);
    }
    let client = app.client().with_cookie(&sessions[0]);
    let elsewhere = app.on_another_instance();
    assert_eq!(elsewhere.client().with_cookie(&sessions[2]).status().await.status, 200);
    app.client().with_cookie(&sessions[1]).logout().await; // reads the key ring
    app.forget_calls();
    assert_eq!(client.logout_everywhere().await.status, 200);
    assert_eq!(app.take_calls(), ["BatchGetItem", "UpdateItem"]);
    for session in &sessions {
        for app in [&app, &elsewhere] {
            assert_eq!(app.client().with_cookie(session).status().await.status, 401);
        }
    }
}

#[tokio::test]
async fn every_read_is_strongly_consistent() {
    let app = TestApp::start().await;
    let proxy = app.fault_proxy();
    let client = app.through(&proxy).client().logged_in().await;
    assert_eq!(client.status().await.status, 200);
    assert_eq!(client.logout_everywhere().await.status, 200);
    let mut reads = 0;
    for exchange in proxy.take_exchanges().into_iter().filter(|it| it.operation.contains("Get")) {
        let request: Value = serde_json::from_str(&exchange.request).unwrap();
        let tables = request["RequestItems"].as_object().map(|tables| tables.values().collect());
        for read in tables.unwrap_or_else(|| vec![&request]) {
            assert_eq!(read["ConsistentRead"], true, "{} {request}", exchange.operation);
            reads += 1;
        }
    }
    // Login reads the member, the epoch and both key rings. Status and logout each read a key ring, a session and its
    // epoch.
    assert!(reads >= 8, "{reads}");
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
    let calls = app.take_calls();
    assert!(!calls.contains(&"BatchGetItem".to_owned()), "{calls:?}");
    assert!(calls.iter().filter(|call| *call == "GetItem").count() <= 1, "at most the ring");
}

#[tokio::test]
async fn a_logout_deletes_the_session_and_reads_its_epoch_and_makes_no_call_without_a_cookie() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    client.logout().await;
    app.forget_calls();
    client.logout().await;
    assert_eq!(app.take_calls(), ["DeleteItem", "BatchGetItem"]);
    app.client().logout().await;
    assert_eq!(app.take_calls(), [""; 0]);
}

#[tokio::test]
async fn a_request_to_a_wrong_path_or_from_another_site_makes_no_call() {
    let app = TestApp::start().await;
    app.client().header("sec-fetch-site", "cross-site").login("ada@example.com", "enchantress").await;
    app.client().send("POST", "/elsewhere", "").await;
    assert_eq!(app.take_calls(), [""; 0]);
}
