//! Members' numbers: no number is given twice.

use crate::members::{accounts, email, members, some_hash};
use crate::{Database, NOW};
use aws_sdk_dynamodb::Client;
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

async fn keep(database: &Database, email: &str, number: u64) -> Addition {
    let (email, id) = (crate::members::email(email), MemberId::new(number).unwrap());
    members(database).add_with_id(&epochs(database), &email, &some_hash(12), id, NOW).await.unwrap()
}

/// Adds a member and returns its number.
async fn add(database: &Database, name: &str) -> u64 {
    let email = email(&format!("{name}@example.com"));
    accounts(database).add(&email, &some_hash(12), NOW).await.unwrap().unwrap().get()
}

/// Sets the counter to a lower number, as in an older state of the table.
async fn set_counter(database: &Database, given: u64) {
    let put = database.client().put_item().table_name("MembersTable");
    let put = put.item("email", AttributeValue::S("MEMBER_IDS".into()));
    put.item("given", AttributeValue::N(given.to_string())).send().await.unwrap();
}

#[tokio::test]
async fn a_number_is_kept_once_and_not_again_after_its_member_is_removed() {
    let database = Database::start().await;
    let emails: Vec<_> = (0..10).map(|number| format!("m{number}@example.com")).collect();
    let added = join_all(emails.iter().map(|email| keep(&database, email, 7))).await;
    assert_eq!(added.iter().filter(|&&added| added == Addition::Added).count(), 1, "{added:?}");
    let keeper = &emails[added.iter().position(|&added| added == Addition::Added).unwrap()];
    assert!(accounts(&database).remove(&email(keeper), NOW).await.unwrap());
    for email in &emails {
        assert_eq!(keep(&database, email, 7).await, Addition::IdTaken);
    }
}

#[tokio::test]
async fn a_number_is_not_claimed_for_an_email_that_has_a_member() {
    let database = Database::start().await;
    assert_eq!(add(&database, "ada").await, 1);
    assert_eq!(keep(&database, "ada@example.com", 7).await, Addition::EmailTaken);
    assert_eq!(keep(&database, "bob@example.com", 7).await, Addition::Added);
}

#[tokio::test]
async fn the_counter_skips_numbers_that_members_keep() {
    let database = Database::start().await;
    for number in 1..=20 {
        assert_eq!(keep(&database, &format!("m{number}@example.com"), number).await, Addition::Added);
    }
    database.calls.forget();
    let first = add(&database, "ada").await;
    assert!(first > 20, "{first}");
    assert!(database.calls.take().len() <= 1 + 2 * 5 + 1, "steps double");
    assert_eq!(add(&database, "bob").await, first + 1);
}

#[tokio::test]
async fn no_number_is_given_twice_after_the_table_was_restored_to_an_older_state() {
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

#[tokio::test]
async fn no_number_is_above_the_largest_that_every_json_parser_reads_exactly() {
    let database = Database::start().await;
    assert_eq!(MemberId::new(9_007_199_254_740_992), None);
    assert_eq!(keep(&database, "last@example.com", 9_007_199_254_740_991).await, Addition::Added);
    assert_eq!(add(&database, "ada").await, 1);
    set_counter(&database, 9_007_199_254_740_989).await;
    assert_eq!(add(&database, "bob").await, 9_007_199_254_740_990);
    let carol = accounts(&database).add(&email("carol@example.com"), &some_hash(12), NOW).await;
    assert!(carol.is_err_and(|error| !error.is_transient()), "no number is left");
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
        let members = Members::new(mock_client!(aws_sdk_dynamodb, [&rule]), "MembersTable".into());
        let (email, id) = (email("ada@example.com"), MemberId::new(7).unwrap());
        let added = members.add_with_id(&epochs(&database), &email, &some_hash(12), id, NOW).await;
        assert!(added.is_err_and(|error| error.is_transient() == is_transient), "{code}");
    }
}
