//! Sessions: none continues after its end, and none starts after a revocation.

use crate::members::{accounts, email, members, some_hash};
use crate::{Database, NOW};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, KeysAndAttributes};
use aws_smithy_mocks::{mock, mock_client};
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
    sessions_over(database.client(), database)
}

/// Sessions whose calls use `client`.
fn sessions_over(client: Client, database: &Database) -> Sessions {
    let epochs = Epochs::new(database.client(), "EpochsTable".into());
    Sessions::new(client, "SessionsTable".into(), epochs, timeouts())
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
async fn a_login_in_progress_starts_no_session_after_a_change() {
    let database = Database::start().await;
    let (accounts, members, sessions) = (accounts(&database), members(&database), sessions(&database));
    for change in ["password", "disable", "disable and enable", "remove", "remove and add again"] {
        let verified = ada(&database).await;
        let login = login(&sessions, &verified).await;
        match change {
            "password" => assert!(accounts.set_password(&verified, &some_hash(11), NOW).await.unwrap()),
            "disable" => assert!(accounts.disable(&verified, NOW).await.unwrap()),
            "remove" => accounts.remove(&verified, NOW).await.unwrap(),
            "remove and add again" => {
                accounts.remove(&verified, NOW).await.unwrap();
                ada(&database).await;
            }
            _ => {
                assert!(accounts.disable(&verified, NOW).await.unwrap());
                assert!(accounts.enable(&verified).await.unwrap());
            }
        }
        let started = sessions.start(&members, login, NOW).await;
        assert!(matches!(started, Ok(SessionStart::MemberChanged)), "{change}");
        assert_eq!(count(&database).await, 0, "{change}");
        accounts.enable(&ada(&database).await).await.unwrap();
    }
}

#[tokio::test]
async fn a_login_that_read_the_epoch_before_a_revocation_starts_a_revoked_session() {
    let database = Database::start().await;
    let (members, sessions) = (members(&database), sessions(&database));
    let (ada, mine) = (ada(&database).await, start(&database).await);
    let login = login(&sessions, &ada).await;
    assert!(sessions.revoke_all_by(mine, NOW).await.unwrap().live().is_some());
    let late = token(sessions.start(&members, login, NOW).await);
    for token in [mine, late] {
        assert!(matches!(sessions.get(token, NOW).await, Ok(SessionLookup::Revoked)));
    }
    let next = start(&database).await;
    assert!(sessions.get(next, NOW).await.unwrap().live().is_some());
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
async fn a_session_that_is_not_live_revokes_nothing() {
    let database = Database::start().await;
    let sessions = sessions(&database);
    let (mine, over) = (start(&database).await, NOW + Duration::from_hours(1));
    let other = start(&database).await;
    sessions.end(other, NOW).await.unwrap();
    for (token, now) in [(other, NOW), (mine, over)] {
        database.calls.forget();
        assert!(sessions.revoke_all_by(token, now).await.unwrap().live().is_none());
        assert_eq!(database.calls.take(), ["BatchGetItem"]);
    }
    assert!(sessions.get(mine, NOW).await.unwrap().live().is_some());
}

#[tokio::test]
async fn without_its_epoch_no_session_is_live_and_the_next_epoch_is_another() {
    let database = Database::start().await;
    let (members, sessions) = (members(&database), sessions(&database));
    let (ada, old) = (ada(&database).await, start(&database).await);
    delete_epoch(&database, ada.id()).await;
    assert!(matches!(sessions.get(old, NOW).await, Ok(SessionLookup::Revoked)));
    let later = NOW + Duration::from_secs(1);
    let epoch = sessions.epochs().create(ada.id(), later).await.unwrap().unwrap();
    let login = NewSession { member: &ada, epoch, remember: false, replaced: None };
    let new = token(sessions.start(&members, login, later).await);
    assert!(sessions.get(new, later).await.unwrap().live().is_some());
    assert!(sessions.get(old, later).await.unwrap().live().is_none());
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

#[tokio::test]
async fn half_an_answer_is_asked_again_and_then_an_error() {
    let database = Database::start().await;
    let token = start(&database).await;
    let unprocessed = move || {
        let keys = KeysAndAttributes::builder().keys(token.key().into()).build().unwrap();
        BatchGetItemOutput::builder().unprocessed_keys("SessionsTable", keys).build()
    };
    for (times, is_answered) in [(2, true), (3, false)] {
        let rule = mock!(Client::batch_get_item).sequence().output(unprocessed).times(times);
        let rule = rule.output(|| BatchGetItemOutput::builder().build()).times(1).build();
        let sessions = sessions_over(mock_client!(aws_sdk_dynamodb, [&rule]), &database);
        let found = sessions.get(token, NOW).await;
        assert_eq!(matches!(found, Ok(SessionLookup::Missing)), is_answered, "{found:?}");
        assert_eq!(found.is_err_and(|error| error.is_transient()), !is_answered);
    }
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
async fn a_session_that_ended_is_not_brought_back_by_a_request_under_way() {
    let database = Database::start().await;
    let sessions = sessions(&database);
    let token = start(&database).await;
    let later = NOW + Duration::from_mins(10);
    let found = sessions.get(token, later).await.unwrap().live().unwrap();
    sessions.end(token, NOW).await.unwrap();
    assert!(!sessions.touch(&found, later).await.unwrap());
    assert_eq!(count(&database).await, 0);
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

/// `DynamoDB`'s error for a transaction that conflicts with another.
fn cancelled(code: &str) -> TransactWriteItemsError {
    let reason = CancellationReason::builder().code(code).build();
    let cancelled = TransactionCanceledException::builder().cancellation_reasons(reason).build();
    TransactWriteItemsError::TransactionCanceledException(cancelled)
}

#[tokio::test]
async fn a_login_that_meets_another_on_the_same_member_is_tried_again() {
    let database = Database::start().await;
    let member = ada(&database).await;
    let conflicts = mock!(Client::transact_write_items)
        .sequence()
        .error(|| cancelled("TransactionConflict"))
        .times(4)
        .output(|| TransactWriteItemsOutput::builder().build())
        .build();
    let client = mock_client!(aws_sdk_dynamodb, [&conflicts]);
    let sessions = sessions_over(client, &database);
    token(sessions.start(&members(&database), login(&sessions, &member).await, NOW).await);
}

#[tokio::test]
async fn a_transaction_cancelled_for_another_reason_is_a_fault() {
    let database = Database::start().await;
    let member = ada(&database).await;
    for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
        let rule =
            mock!(Client::transact_write_items).sequence().error(move || cancelled(code)).times(5).build();
        let client = mock_client!(aws_sdk_dynamodb, [&rule]);
        let sessions = sessions_over(client, &database);
        let started = sessions.start(&members(&database), login(&sessions, &member).await, NOW).await;
        assert!(started.is_err_and(|error| error.is_transient()), "{code}");
    }
}

#[tokio::test]
async fn a_revocation_is_of_one_member() {
    let database = Database::start().await;
    let (accounts, members, sessions) = (accounts(&database), members(&database), sessions(&database));
    let adas = start(&database).await;
    accounts.add(&email("bob@example.com"), &some_hash(12), NOW).await.unwrap();
    let bob = members.get(&email("bob@example.com")).await.unwrap().unwrap();
    let bobs = token(sessions.start(&members, login(&sessions, &bob).await, NOW).await);
    accounts.revoke_sessions(&ada(&database).await, NOW).await.unwrap();
    assert!(sessions.get(adas, NOW).await.unwrap().live().is_none());
    assert!(sessions.get(bobs, NOW).await.unwrap().live().is_some());
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
