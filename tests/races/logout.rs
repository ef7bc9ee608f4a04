//! Fifty status calls against one logout.

use crate::{app, rounds, stagger};
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tests::Client;

const CALLS: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_status_calls_do_not_keep_a_session_that_is_logged_out() {
    let app = app().await;
    let elsewhere = app.on_another_instance();
    for round in 0..rounds() {
        let session = app.session_of("ada@example.com").await;
        app.age_sessions(1, Duration::from_mins(10)).await; // so old that each call would record its use
        let clients = [&app, &elsewhere].map(|app| app.client().with_cookie(&session));
        let is_over = Arc::new(AtomicBool::new(false));
        let calls =
            (0..CALLS).map(|number| tokio::spawn(ask(clients[number % 2].clone(), Arc::clone(&is_over))));
        let calls: Vec<_> = calls.collect();
        stagger(Duration::from_millis(40)).await;
        assert_eq!(clients[0].logout().await.status, 200);
        is_over.store(true, Ordering::SeqCst);
        for call in join_all(calls).await {
            call.unwrap();
        }
        let after = [clients[0].status().await.status, clients[1].status().await.status];
        assert_eq!((after, app.count_sessions(1).await), ([401, 401], 0), "round {round}");
    }
}

/// Sends a status request at a random moment. After the logout was answered, the status must be 401.
async fn ask(client: Client, is_over: Arc<AtomicBool>) {
    stagger(Duration::from_millis(60)).await;
    let after = is_over.load(Ordering::SeqCst);
    let status = client.status().await.status;
    assert!(status == 401 || status == 200 && !after, "{status}, after the logout: {after}");
}
