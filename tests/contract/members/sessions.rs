//! Listing a member's sessions, and ending one of them.

use super::add;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tests::TestApp;

/// Ada's sessions on the first page.
async fn sessions(app: &TestApp) -> Vec<Value> {
    let listed = app.invoke(&json!({"action": "sessions", "memberId": 1})).await;
    listed["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_listed_session_can_be_ended() {
    let app = TestApp::start().await;
    let old = app.client().logged_in().await;
    app.advance(Duration::from_secs(10));
    let own = app.client().logged_in().await;
    let listed = sessions(&app).await;
    assert_eq!(listed.len(), 2);
    let oldest = listed.iter().min_by_key(|it| it["createdAt"].as_str()).unwrap();
    let end = json!({"action": "endSession", "memberId": 1, "id": oldest["id"]});
    for _ in 0..2 {
        assert_eq!(app.invoke(&end).await, json!({}));
        assert_eq!((old.status().await.status, own.status().await.status), (401, 200));
    }
}

#[tokio::test]
async fn the_id_of_a_session_ends_no_session_of_another_member() {
    let app = TestApp::start().await;
    add(&app, "bob@example.com").await;
    let own = app.client().logged_in().await;
    let end = json!({"action": "endSession", "memberId": 2, "id": sessions(&app).await[0]["id"]});
    assert_eq!(app.invoke(&end).await, json!({}));
    assert_eq!(own.status().await.status, 200);
}

#[tokio::test]
async fn the_pages_of_a_long_list_contain_each_session_once() {
    let app = TestApp::start().await;
    for _ in 0..25 {
        app.session_of("ada@example.com").await;
    }
    for (limit, expected) in [(10, 3), (5, 5)] {
        let (mut ids, mut pages) = (BTreeSet::new(), 0);
        let mut request = json!({"action": "sessions", "memberId": 1, "limit": limit});
        loop {
            let page = app.invoke(&request).await;
            ids.extend(page["sessions"].as_array().unwrap().iter().map(|it| it["id"].to_string()));
            pages += 1;
            let Some(next) = page.get("cursor") else { break };
            request["cursor"] = next.clone();
        }
        assert_eq!((ids.len(), pages), (25, expected));
    }
    assert_eq!(sessions(&app).await.len(), 20, "the default limit");
}

#[tokio::test]
async fn ended_sessions_are_not_listed() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        app.session_of("ada@example.com").await;
    }
    assert_eq!(app.invoke(&json!({"action": "endSessions", "memberId": 1})).await, json!({}));
    let list = json!({"action": "sessions", "memberId": 1});
    assert_eq!(app.invoke(&list).await, json!({"sessions": []}));
    app.session_of("ada@example.com").await;
    app.advance(Duration::from_hours(2));
    assert_eq!(app.invoke(&list).await, json!({"sessions": []}));
}
