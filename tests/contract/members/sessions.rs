//! Listing a member's sessions, and ending one of them.

use super::{add, logged_in};
use serde_json::{Value, json};
use std::time::Duration;
use tests::TestApp;

async fn sessions(app: &TestApp, more: Value) -> Value {
    let mut request = json!({"action": "sessions", "memberId": 1});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.invoke(&request).await
}

#[tokio::test]
async fn a_listed_session_can_be_ended() {
    let app = TestApp::start().await;
    let old = logged_in(&app, "ada@example.com", "enchantress").await;
    app.advance(Duration::from_secs(10));
    let own = logged_in(&app, "ada@example.com", "enchantress").await;
    let listed = sessions(&app, json!({})).await;
    let listed = listed["sessions"].as_array().unwrap();
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
    let own = logged_in(&app, "ada@example.com", "enchantress").await;
    let listed = sessions(&app, json!({})).await;
    let end = json!({"action": "endSession", "memberId": 2, "id": listed["sessions"][0]["id"]});
    assert_eq!(app.invoke(&end).await, json!({}));
    assert_eq!(own.status().await.status, 200);
}

#[tokio::test]
async fn the_pages_of_a_long_list_contain_each_session_once() {
    let app = TestApp::start().await;
    for _ in 0..25 {
        app.session_of("ada@example.com").await;
    }
    let (mut ids, mut pages, mut cursor) = (Vec::new(), 0, json!({}));
    loop {
        let page = sessions(
            &app,
            json!({"limit": 10})
                .as_object()
                .unwrap()
                .clone()
                .into_iter()
                .chain(cursor.as_object().unwrap().clone())
                .collect(),
        )
        .await;
        ids.extend(
            page["sessions"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        let Some(next) = page.get("cursor") else { break };
        cursor = json!({"cursor": next});
    }
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), pages), (25, 3));
    assert_eq!(
        sessions(&app, json!({})).await["sessions"].as_array().unwrap().len(),
        20,
        "the default limit"
    );
}

#[tokio::test]
async fn ended_sessions_are_not_listed() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        app.session_of("ada@example.com").await;
    }
    assert_eq!(app.invoke(&json!({"action": "endSessions", "memberId": 1})).await, json!({}));
    assert_eq!(sessions(&app, json!({})).await, json!({"sessions": []}));
    app.session_of("ada@example.com").await;
    app.advance(Duration::from_hours(2));
    assert_eq!(sessions(&app, json!({})).await, json!({"sessions": []}));
}
