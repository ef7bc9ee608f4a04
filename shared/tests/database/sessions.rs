//! Sessions: nothing slips in behind their end.

use crate::members::{accounts, email, members, some_hash};
use crate::{Database, NOW};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason};
use aws_smithy_mocks::{mock, mock_client};
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use shared::config::Environment;
use shared::members::{Member, MemberId};
use shared::sessions::{SessionStart, SessionTimeouts, SessionToken, Sessions};
use shared::store::StoreError;
use std::time::Duration;

fn timeouts() -> SessionTimeouts {
    SessionTimeouts::from_env(&Environment::default()).unwrap()
}

pub(crate) fn sessions(database: &Database) -> Sessions {
    Sessions::new(database.client(), "SessionsTable".into(), timeouts())
}

/// Ada, as a login reads her.
async fn ada(database: &Database) -> Member {
    let members = members(database);
    let ada = email("ada@example.com");
    if members.find(&ada).await.unwrap().is_none() {
        members.add(&ada, &some_hash(12), NOW).await.unwrap();
    }
    members.find(&ada).await.unwrap().unwrap()
}

/// The token of a session that started.
fn token(started: Result<SessionStart, StoreError>) -> SessionToken {
    match started.unwrap() {
        SessionStart::Started(token) => token,
        SessionStart::MemberChanged => panic!("the member has changed"),
    }
}

async fn start(database: &Database) -> SessionToken {
    token(sessions(database).start(&members(database), &ada(database).await, false, None, NOW).await)
}

async fn count(database: &Database) -> usize {
    database.client().scan().table_name("SessionsTable").send().await.unwrap().items().len()
}

#[tokio::test]
async fn a_login_that_verified_a_member_who_changed_since_makes_no_session() {
    let database = Database::start().await;
    let (accounts, members, sessions) = (accounts(&database), members(&database), sessions(&database));
    let ada_email = email("ada@example.com");
    for change in
        ["password", "disable", "disable and enable", "end sessions", "remove", "remove and add again"]
    {
        let verified = ada(&database).await;
        match change {
            "password" => accounts.set_password(&ada_email, &some_hash(11)).await.map(drop),
            "end sessions" => accounts.end_sessions(&ada_email).await.map(drop),
            "disable" => accounts.disable(&ada_email).await.map(drop),
            "remove" => accounts.remove(&ada_email).await.map(drop),
            "remove and add again" => {
                accounts.remove(&ada_email).await.unwrap();
                members.add(&ada_email, &some_hash(12), NOW).await.map(drop)
            }
            _ => {
                accounts.disable(&ada_email).await.unwrap();
                accounts.enable(&ada_email).await.map(drop)
            }
        }
        .unwrap();
        let started = sessions.start(&members, &verified, false, None, NOW).await;
        assert!(matches!(started, Ok(SessionStart::MemberChanged)), "{change}");
        assert_eq!(count(&database).await, 0, "{change}");
        accounts.enable(&ada_email).await.unwrap();
    }
}

#[tokio::test]
async fn a_member_disabled_by_hand_gets_no_session_either() {
    let database = Database::start().await;
    let verified = ada(&database).await;
    let update = database.client().update_item().table_name("MembersTable");
    let update = update.key("email", AttributeValue::S("ada@example.com".into()));
    let update = update.update_expression("SET disabled = :true");
    update.expression_attribute_values(":true", AttributeValue::Bool(true)).send().await.unwrap();
    let started = sessions(&database).start(&members(&database), &verified, false, None, NOW).await;
    assert!(matches!(started, Ok(SessionStart::MemberChanged)));
}

#[tokio::test]
async fn a_hash_renewed_by_a_login_beside_it_fails_no_login() {
    let database = Database::start().await;
    let (members, sessions) = (members(&database), sessions(&database));
    let verified = ada(&database).await;
    members.renew_hash(&verified, &some_hash(12), &some_hash(10)).await.unwrap();
    token(sessions.start(&members, &verified, false, None, NOW).await);
}

#[tokio::test]
async fn a_session_that_ended_is_not_brought_back_by_a_request_under_way() {
    let database = Database::start().await;
    let sessions = sessions(&database);
    let token = start(&database).await;
    let later = NOW + Duration::from_mins(10);
    let found = sessions.find(token, later).await.unwrap().live().unwrap();
    sessions.end(token, NOW).await.unwrap();
    assert!(!sessions.touch(&found, later).await.unwrap());
    assert_eq!(count(&database).await, 0);
}

#[tokio::test]
async fn a_session_that_is_over_is_not_brought_back_by_a_late_request() {
    let database = Database::start().await;
    let sessions = sessions(&database);
    let token = start(&database).await;
    let found = sessions.find(token, NOW).await.unwrap().live().unwrap();
    let over = NOW + Duration::from_hours(1);
    assert!(!sessions.touch(&found, over).await.unwrap());
    assert!(sessions.find(token, over).await.unwrap().live().is_none());
}

#[tokio::test]
async fn a_session_of_a_day_is_not_prolonged_by_a_late_request() {
    let database = Database::start().await;
    let sessions = sessions(&database);
    let token = start(&database).await;
    let mut now = NOW;
    for _ in 0..47 {
        now = now + Duration::from_mins(30);
        let found = sessions.find(token, now).await.unwrap().live().unwrap();
        assert!(sessions.touch(&found, now).await.unwrap());
    }
    let found = sessions.find(token, now).await.unwrap().live().unwrap();
    assert!(!sessions.touch(&found, NOW + Duration::from_hours(24)).await.unwrap());
}

#[tokio::test]
async fn a_session_expires_for_the_sweeper_when_it_is_over() {
    let database = Database::start().await;
    let sessions = sessions(&database);
    let expires_at = async || {
        let scan = database.client().scan().table_name("SessionsTable").send().await.unwrap();
        scan.items()[0]["expires_at"].as_n().unwrap().parse::<u64>().unwrap()
    };
    let token = start(&database).await;
    assert_eq!(expires_at().await, NOW.as_secs() + 3600);
    let later = NOW + Duration::from_mins(50);
    let found = sessions.find(token, later).await.unwrap().live().unwrap();
    sessions.touch(&found, later).await.unwrap();
    assert_eq!(expires_at().await, NOW.as_secs() + 3000 + 3600);
}

#[tokio::test]
async fn logins_of_one_member_at_once_all_succeed() {
    let database = Database::start().await;
    let (members, sessions) = (members(&database), sessions(&database));
    let member = ada(&database).await;
    let old = start(&database).await;
    let at_once = (0..10).map(|_| sessions.start(&members, &member, false, Some(old), NOW));
    let started = join_all(at_once).await;
    assert!(started.iter().all(|it| matches!(it, Ok(SessionStart::Started(_)))), "{started:?}");
    assert!(sessions.find(old, NOW).await.unwrap().live().is_none());
    assert_eq!(count(&database).await, 10);
}

/// A cancelled transaction, as `DynamoDB` reports one of which another had an item in hand.
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
    let sessions = Sessions::new(client, "SessionsTable".into(), timeouts());
    token(sessions.start(&members(&database), &member, false, None, NOW).await);
}

#[tokio::test]
async fn a_transaction_cancelled_for_another_reason_is_a_fault() {
    let database = Database::start().await;
    let member = ada(&database).await;
    for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
        let rule =
            mock!(Client::transact_write_items).sequence().error(move || cancelled(code)).times(5).build();
        let client = mock_client!(aws_sdk_dynamodb, [&rule]);
        let sessions = Sessions::new(client, "SessionsTable".into(), timeouts());
        let started = sessions.start(&members(&database), &member, false, None, NOW).await;
        assert!(started.is_err_and(|error| error.is_transient()), "{code}");
    }
}

#[tokio::test]
async fn ending_all_ends_all_of_one_member() {
    let database = Database::start().await;
    let (members, sessions) = (members(&database), sessions(&database));
    let member = ada(&database).await;
    for _ in 0..40 {
        sessions.start(&members, &member, false, None, NOW).await.unwrap();
    }
    members.add(&email("bob@example.com"), &some_hash(12), NOW).await.unwrap();
    let bob = members.find(&email("bob@example.com")).await.unwrap().unwrap();
    let bobs = token(sessions.start(&members, &bob, false, None, NOW).await);
    sessions.end_all(member.id()).await.unwrap();
    assert_eq!(count(&database).await, 1);
    assert!(sessions.find(bobs, NOW).await.unwrap().live().is_some());
    sessions.end_all(MemberId::new(99)).await.unwrap();
}

#[tokio::test]
async fn a_list_holds_the_members_sessions_that_are_not_over() {
    let database = Database::start().await;
    let (members, sessions) = (members(&database), sessions(&database));
    let member = ada(&database).await;
    sessions.start(&members, &member, true, None, NOW).await.unwrap();
    let plain = start(&database).await;
    let list = async |now| sessions.list(member.id(), now).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(list(NOW).await.len(), 2);
    let later = list(NOW + Duration::from_hours(1)).await;
    assert_eq!(later.len(), 1);
    assert!(later[0].remember() && later[0].created_at() == NOW && later[0].last_seen_at() == NOW);
    assert_eq!(later[0].expires_at(), NOW + Duration::from_hours(30 * 24));
    sessions.end(plain, NOW).await.unwrap();
    assert_eq!(list(NOW).await.len(), 1);
    let nobodys: Vec<_> = sessions.list(MemberId::new(99), NOW).try_collect().await.unwrap();
    assert!(nobodys.is_empty());
}
