//! Sessions: none continues after its end, and none starts after a revocation.

use crate::members::{accounts, email, members, some_hash};
use crate::{Database, NOW};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use shared::config::Environment;
use shared::members::{Epochs, Member, MemberId};
use shared::sessions::{NewSession, SessionLookup, SessionStart, SessionTimeouts, SessionToken, Sessions};
use shared::store::StoreError;
use shared::timestamp::Timestamp;
use std::time::Duration;

fn timeouts() -> SessionTimeouts {
    SessionTimeouts::from_env(&Environment::default()).unwrap()
}

pub(crate) fn sessions(database: &Database) -> Sessions {
    let epochs = Epochs::new(database.client(), "EpochsTable".into());
    Sessions::new(database.client(), "SessionsTable".into(), epochs, timeouts())
}

/// Ada's member item, as a login reads it.
async fn ada(database: &Database) -> Member {
    let members = members(database);
    let ada = email("ada@example.com");
    if members.get(&ada).await.unwrap().is_none() {
        accounts(database).add(&ada, &some_hash(12), NOW).await.unwrap();
    }
    members.get(&ada).await.unwrap().unwrap()
}

/// The token of a session that started.
fn token(started: Result<SessionStart, StoreError>) -> SessionToken {
    match started.unwrap() {
        SessionStart::Started(token) => token,
        SessionStart::MemberChanged => panic!("the member was changed"),
    }
}

/// The session that a login starts after reading the member and the epoch.
async fn login<'a>(sessions: &Sessions, member: &'a Member) -> NewSession<'a> {
    let epoch = sessions.epochs().get(Some(member.id())).await.unwrap().found().unwrap();
    NewSession { member, epoch, remember: false, replaced: None }
}

async fn start(database: &Database) -> SessionToken {
    let (sessions, ada) = (sessions(database), ada(database).await);
    token(sessions.start(&members(database), login(&sessions, &ada).await, NOW).await)
}

async fn count(database: &Database) -> usize {
    database.client().scan().table_name("SessionsTable").send().await.unwrap().items().len()
}

#[tokio::test]
async fn a_revocation_by_an_instance_whose_clock_is_behind_brings_no_former_epoch_back() {
    let database = Database::start().await;
    let (sessions, token, member) = (sessions(&database), start(&database).await, ada(&database).await);
    for behind in 0..5 {
        let now = Timestamp::from_micros(NOW.as_micros() - behind);
        sessions.epochs().revoke(member.id(), now).await.unwrap();
        assert!(matches!(sessions.get(token, NOW).await, Ok(SessionLookup::Revoked)), "{behind} µs");
    }
}

#[tokio::test]
async fn an_epoch_that_another_write_made_first_starts_no_session() {
    let database = Database::start().await;
    let (ada, epochs) = (ada(&database).await, Epochs::new(database.client(), "EpochsTable".into()));
    delete_epoch(&database, ada.id()).await;
    let earlier = Timestamp::from_micros(NOW.as_micros() - 1); // one more is what the login proposes
    epochs.revoke(ada.id(), earlier).await.unwrap();
    assert_eq!(epochs.create(ada.id(), NOW).await.unwrap(), None);
}

pub(crate) async fn delete_epoch(database: &Database, member: MemberId) {
    let delete = database.client().delete_item().table_name("EpochsTable");
    delete.key("member_id", AttributeValue::N(member.get().to_string())).send().await.unwrap();
}

#[tokio::test]
async fn a_member_disabled_by_hand_gets_no_session_either() {
    let database = Database::start().await;
    let verified = ada(&database).await;
    let update = database.client().update_item().table_name("MembersTable");
    let update = update.key("email", AttributeValue::S("ada@example.com".into()));
    let update = update.update_expression("SET disabled = :true");
    update.expression_attribute_values(":true", AttributeValue::Bool(true)).send().await.unwrap();
    let sessions = sessions(&database);
    let started = sessions.start(&members(&database), login(&sessions, &verified).await, NOW).await;
    assert!(matches!(started, Ok(SessionStart::MemberChanged)));
}

#[tokio::test]
async fn a_hash_renewed_by_a_login_beside_it_fails_no_login() {
    let database = Database::start().await;
    let (members, sessions) = (members(&database), sessions(&database));
    let verified = ada(&database).await;
    members.renew_hash(&verified, &some_hash(12), &some_hash(10)).await.unwrap();
    token(sessions.start(&members, login(&sessions, &verified).await, NOW).await);
}

#[tokio::test]
async fn a_session_that_is_over_is_not_brought_back_by_a_late_request() {
    let database = Database::start().await;
    let sessions = sessions(&database);
    let token = start(&database).await;
    let found = sessions.get(token, NOW).await.unwrap().live().unwrap();
    let over = NOW + Duration::from_hours(1);
    assert!(!sessions.touch(&found, over).await.unwrap());
    assert!(sessions.get(token, over).await.unwrap().live().is_none());
}

#[tokio::test]
async fn a_session_of_a_day_is_not_prolonged_by_a_late_request() {
    let database = Database::start().await;
    let sessions = sessions(&database);
    let token = start(&database).await;
    let mut now = NOW;
    for _ in 0..47 {
        now = now + Duration::from_mins(30);
        let found = sessions.get(token, now).await.unwrap().live().unwrap();
        assert!(sessions.touch(&found, now).await.unwrap());
    }
    let found = sessions.get(token, now).await.unwrap().live().unwrap();
    assert!(!sessions.touch(&found, NOW + Duration::from_hours(24)).await.unwrap());
}

#[tokio::test]
async fn the_ttl_of_a_session_is_its_end() {
    let database = Database::start().await;
    let sessions = sessions(&database);
    let expires_at = async || {
        let scan = database.client().scan().table_name("SessionsTable").send().await.unwrap();
        scan.items()[0]["expires_at"].as_n().unwrap().parse::<u64>().unwrap()
    };
    let token = start(&database).await;
    assert_eq!(expires_at().await, NOW.as_secs() + 3600);
    let later = NOW + Duration::from_mins(50);
    let found = sessions.get(token, later).await.unwrap().live().unwrap();
    sessions.touch(&found, later).await.unwrap();
    assert_eq!(expires_at().await, NOW.as_secs() + 3000 + 3600);
}

#[tokio::test]
async fn logins_of_one_member_at_once_all_succeed() {
    let database = Database::start().await;
    let (members, sessions) = (members(&database), sessions(&database));
    let member = ada(&database).await;
    let old = start(&database).await;
    let login = NewSession { replaced: Some(old), ..login(&sessions, &member).await };
    let at_once = (0..10).map(|_| sessions.start(&members, login.clone(), NOW));
    let started = join_all(at_once).await;
    assert!(started.iter().all(|it| matches!(it, Ok(SessionStart::Started(_)))), "{started:?}");
    assert!(sessions.get(old, NOW).await.unwrap().live().is_none());
    assert_eq!(count(&database).await, 10);
}

#[tokio::test]
async fn a_list_holds_the_members_sessions_that_are_not_over() {
    let database = Database::start().await;
    let (members, sessions) = (members(&database), sessions(&database));
    let member = ada(&database).await;
    let remembered = NewSession { remember: true, ..login(&sessions, &member).await };
    sessions.start(&members, remembered, NOW).await.unwrap();
    let plain = start(&database).await;
    let list =
        async |now| sessions.list(member.id(), now).await.unwrap().try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(list(NOW).await.len(), 2);
    let later = list(NOW + Duration::from_hours(1)).await;
    assert_eq!(later.len(), 1);
    assert!(later[0].remember && later[0].created_at == NOW && later[0].last_seen_at == NOW);
    assert_eq!(later[0].expires_at, NOW + Duration::from_hours(30 * 24));
    sessions.end(plain, NOW).await.unwrap();
    assert_eq!(list(NOW).await.len(), 1);
    sessions.epochs().revoke(member.id(), NOW).await.unwrap();
    assert!(list(NOW).await.is_empty(), "revoked");
    delete_epoch(&database, member.id()).await;
    assert!(list(NOW).await.is_empty(), "no epoch");
}
