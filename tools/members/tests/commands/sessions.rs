//! A member's sessions, and how they end.

use crate::program::{PASSWORD, Tables, email};
use futures_util::TryStreamExt;
use shared::members::MemberId;
use shared::sessions::NewSession;
use shared::timestamp::Timestamp;

/// Adds Ada with this number of sessions.
async fn ada_with(tables: &Tables, sessions: usize) -> MemberId {
    let ada = email("ada@example.com");
    if tables.members().get(&ada).await.unwrap().is_none() {
        tables.add("ada@example.com").record();
    }
    let member = tables.members().get(&ada).await.unwrap().unwrap();
    for number in 0..sessions {
        let sessions = tables.sessions();
        let epoch = sessions.epochs().get(Some(member.id())).await.unwrap().found().unwrap();
        let login = NewSession { member: &member, epoch, remember: number % 2 == 0, replaced: None };
        sessions.start(&tables.members(), login, Timestamp::now()).await.unwrap();
    }
    member.id()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_with_nothing_that_opens_them() {
    let tables = Tables::start().await;
    ada_with(&tables, 2).await;
    let listed = tables.run(&["sessions", "ADA@example.com", "--json"]).records();
    assert_eq!(listed.len(), 2);
    let mut remembered: Vec<_> = listed.iter().map(|it| it["remember"].as_bool().unwrap()).collect();
    remembered.sort_unstable();
    assert_eq!(remembered, [false, true]);
    for session in &listed {
        assert_eq!(session["session"].as_str().unwrap().len(), 8);
        assert!(["createdAt", "lastSeenAt", "expiresAt"].iter().all(|name| session[name].is_string()));
        assert_eq!(session.as_object().unwrap().len(), 5);
    }
    let text = tables.run(&["sessions", "ada@example.com"]).stdout;
    assert!(text.starts_with("SESSION ") && text.lines().count() == 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_disabling_ending_and_removing_end_all_sessions() {
    let tables = Tables::start().await;
    for arguments in [
        &["set-password", "ada@example.com", "--password-stdin", "--allow-weak"][..],
        &["end-sessions", "ada@example.com"],
        &["disable", "ada@example.com"],
        &["remove", "ada@example.com", "--yes"],
    ] {
        let member = ada_with(&tables, 3).await;
        let live = async || {
            let sessions = tables.sessions().list(member, Timestamp::now()).await.unwrap();
            sessions.try_collect::<Vec<_>>().await.unwrap().len()
        };
        assert_eq!(live().await, 3);
        assert_eq!(tables.run_with(arguments, PASSWORD).code, Some(0), "{}", arguments[0]);
        assert_eq!(live().await, 0, "{}", arguments[0]);
        tables.run(&["enable", "ada@example.com"]);
    }
}
