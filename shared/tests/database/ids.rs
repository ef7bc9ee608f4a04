//! Members' ids: no id is given twice.

use crate::members::{accounts, email, members, some_hash};
use crate::{Database, NOW};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason};
use aws_smithy_mocks::{mock, mock_client};
use futures_util::future::join_all;
use shared::members::{Addition, Epochs, MemberId, Members};
use std::collections::BTreeSet;

fn epochs(database: &Database) -> Epochs {
    Epochs::new(database.client(), "EpochsTable".into())
}

async fn add_with_id(database: &Database, email: &str, id: u64) -> Addition {
    let (email, id) = (crate::members::email(email), MemberId::new(id).unwrap());
    members(database).add_with_id(&email, Some(&some_hash(12)), id, NOW).await.unwrap()
}

/// Adds a member and returns its id.
async fn add(database: &Database, name: &str) -> u64 {
    let email = email(&format!("{name}@example.com"));
    accounts(database).add(&email, &some_hash(12), NOW).await.unwrap().unwrap().get()
}

/// Sets the counter back, as restoring an older state of the table does.
async fn set_counter(database: &Database, given: u64) {
    let put = database.client().put_item().table_name("MembersTable");
    let put = put.item("email", AttributeValue::S("MEMBER_IDS".into()));
    put.item("given", AttributeValue::N(given.to_string())).send().await.unwrap();
}

#[tokio::test]
async fn an_id_is_claimed_once_even_if_its_member_is_removed() {
    let database = Database::start().await;
    let emails: Vec<_> = (0..10).map(|number| format!("m{number}@example.com")).collect();
    let added = join_all(emails.iter().map(|email| add_with_id(&database, email, 7))).await;
    assert_eq!(added.iter().filter(|&&added| added == Addition::Added).count(), 1, "{added:?}");
    let first = &emails[added.iter().position(|&added| added == Addition::Added).unwrap()];
    let first = members(&database).get(&email(first)).await.unwrap().unwrap();
    accounts(&database).remove(&first, NOW).await.unwrap();
    for email in &emails {
        assert_eq!(add_with_id(&database, email, 7).await, Addition::IdTaken);
    }
}

#[tokio::test]
async fn an_id_is_not_claimed_for_a_taken_email() {
    let database = Database::start().await;
    assert_eq!(add(&database, "ada").await, 1);
    assert_eq!(add_with_id(&database, "ada@example.com", 7).await, Addition::EmailTaken);
    assert_eq!(add_with_id(&database, "bob@example.com", 7).await, Addition::Added);
}

#[tokio::test]
async fn the_counter_skips_claimed_ids() {
    let database = Database::start().await;
    for number in 1..=20 {
        assert_eq!(add_with_id(&database, &format!("m{number}@example.com"), number).await, Addition::Added);
    }
    database.calls.forget();
    let first = add(&database, "ada").await;
    assert!(first > 20, "{first}");
    assert!(database.calls.take().len() <= 3 * 6, "the steps double");
    assert_eq!(add(&database, "bob").await, first + 1);
}

#[tokio::test]
async fn a_restored_table_gives_no_id_twice() {
    let database = Database::start().await;
    let mut given = BTreeSet::new();
    for number in 0..30 {
        assert!(given.insert(add(&database, &format!("before{number}")).await));
    }
    set_counter(&database, 3).await;
    for number in 0..30 {
        assert!(given.insert(add(&database, &format!("after{number}")).await), "{given:?}");
    }
}

/// This happens in a new stack with the old members: its Epochs table is empty.
#[tokio::test]
async fn an_id_whose_epoch_is_lost_is_not_given_again() {
    let database = Database::start().await;
    add_with_id(&database, "kept@example.com", 5).await;
    crate::sessions::delete_epoch(&database, MemberId::new(5).unwrap()).await;
    let mut given = BTreeSet::from([5]);
    for number in 0..6 {
        assert!(given.insert(add(&database, &format!("m{number}")).await), "{given:?}");
    }
    assert_eq!(add_with_id(&database, "other@example.com", 5).await, Addition::IdTaken);
}

/// Claims every id that the counter would try, as if members had chosen these ids before an import.
#[tokio::test]
async fn ids_chosen_to_block_the_counter_do_not_use_up_all_ids() {
    let database = Database::start().await;
    for step in 0..52 {
        let claim = database.client().put_item().table_name("EpochsTable");
        let id = AttributeValue::N(((1_u64 << (step + 1)) - 1).to_string());
        claim.item("member_id", id).item("epoch", AttributeValue::N("1".into())).send().await.unwrap();
    }
    assert!(add(&database, "ada").await < add(&database, "bob").await);
}

#[tokio::test]
async fn no_id_is_above_the_largest_that_every_json_parser_reads_exactly() {
    let database = Database::start().await;
    assert_eq!(MemberId::new(9_007_199_254_740_992), None);
    assert_eq!(add_with_id(&database, "last@example.com", 9_007_199_254_740_991).await, Addition::Added);
    assert_eq!(add(&database, "ada").await, 1);
    set_counter(&database, 9_007_199_254_740_989).await;
    assert_eq!(add(&database, "bob").await, 9_007_199_254_740_990);
    let carol = accounts(&database).add(&email("carol@example.com"), &some_hash(12), NOW).await;
    assert!(carol.is_err_and(|error| !error.is_transient()), "no id is left");
}

#[tokio::test]
async fn a_throttled_or_conflicting_transaction_is_a_transient_error() {
    let database = Database::start().await;
    for (code, is_transient) in [
        ("ThrottlingError", true),
        ("ProvisionedThroughputExceeded", true),
        ("TransactionConflict", true),
        ("ValidationError", false),
    ] {
        let rule = mock!(Client::transact_write_items).sequence().error(move || {
            let reason = CancellationReason::builder().code(code).build();
            let cancelled = TransactionCanceledException::builder().cancellation_reasons(reason).build();
            TransactWriteItemsError::TransactionCanceledException(cancelled)
        });
        let rule = rule.times(5).build();
        let index = mock!(Client::query).then_output(|| QueryOutput::builder().build());
        let members = Members::new(
            mock_client!(aws_sdk_dynamodb, [&index, &rule]),
            "MembersTable".into(),
            epochs(&database),
        );
        let (email, id) = (email("ada@example.com"), MemberId::new(7).unwrap());
        let added = members.add_with_id(&email, Some(&some_hash(12)), id, NOW).await;
        assert!(added.is_err_and(|error| error.is_transient() == is_transient), "{code}");
    }
}
