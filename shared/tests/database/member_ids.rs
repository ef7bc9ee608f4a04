//! Numbers: none is two members', wherever it comes from.

use crate::members::{accounts, email, members, some_hash};
use crate::{Database, NOW};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_smithy_mocks::{mock, mock_client};
use futures_util::future::join_all;
use shared::members::MemberId;
use shared::members::Members;
use shared::members::{ReservedId, ReservedIds};

async fn reserve_up_to(members: &Members, highest: u64) -> ReservedIds {
    members.ids().reserve_up_to(Some(MemberId::new(highest))).await.unwrap()
}

fn keep(ids: &ReservedIds, number: u64) -> Option<ReservedId> {
    ids.keep(MemberId::new(number))
}

#[tokio::test]
async fn a_number_can_be_kept_only_if_the_counter_never_gave_it_and_never_will() {
    let database = Database::start().await;
    let members = members(&database);
    assert!(keep(&members.ids().reserve_up_to(None).await.unwrap(), 1).is_none());
    for number in 1..=3 {
        assert_eq!(members.ids().next().await.unwrap().get(), number);
    }
    let ids = reserve_up_to(&members, 10).await;
    let kept: Vec<_> = (0..20).filter(|&number| keep(&ids, number).is_some()).collect();
    assert_eq!(kept, (4..=10).collect::<Vec<_>>());

    assert_eq!(members.ids().next().await.unwrap().get(), 11);
    let ids = reserve_up_to(&members, 13).await;
    let kept: Vec<_> = (0..20).filter(|&number| keep(&ids, number).is_some()).collect();
    assert_eq!(kept, [4, 5, 6, 7, 8, 9, 10, 12, 13]);
    assert_eq!(members.ids().next().await.unwrap().get(), 14);
}

#[tokio::test]
async fn numbers_skipped_while_others_are_drawn_are_nobodys() {
    let database = Database::start().await;
    let members = members(&database);
    let draw = async || members.ids().next().await.unwrap().get();
    let mut drawn = Vec::new();
    for round in 1..=20 {
        // Each skip reads the counter before it moves it; the draws fall in between.
        let at_once = join_all((0..5).map(|_| draw()));
        let (_, numbers) = futures_util::join!(reserve_up_to(&members, round * 100), at_once);
        drawn.extend(numbers);
    }
    let ids = members.ids().reserve_up_to(None).await.unwrap();
    assert!(drawn.iter().all(|&number| keep(&ids, number).is_none()), "{drawn:?} {ids:?}");
    let skipped = (1..=2000).filter(|&number| keep(&ids, number).is_some()).count();
    let drawn_below = drawn.iter().filter(|&&number| number <= 2000).count();
    assert_eq!(skipped + drawn_below, 2000);
}

#[tokio::test]
async fn a_kept_number_is_kept_once_and_not_again_after_its_member_is_removed() {
    let database = Database::start().await;
    let members = members(&database);
    let seven = keep(&reserve_up_to(&members, 7).await, 7).unwrap();
    let emails: Vec<_> = (0..10).map(|number| email(&format!("m{number}@example.com"))).collect();
    let hash = some_hash(12);
    let added = join_all(emails.iter().map(|email| members.add_keeping(email, &hash, seven, NOW))).await;
    let added: Vec<_> = added.into_iter().map(Result::unwrap).collect();
    assert_eq!(added.iter().filter(|&&added| added).count(), 1);

    let keeper = &emails[added.iter().position(|&added| added).unwrap()];
    assert_eq!(members.find(keeper).await.unwrap().unwrap().id().get(), 7);
    assert!(accounts(&database).remove(keeper).await.unwrap());
    for email in &emails {
        assert!(!members.add_keeping(email, &hash, seven, NOW).await.unwrap());
        assert!(members.find(email).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_number_is_not_taken_for_an_email_that_has_a_member() {
    let database = Database::start().await;
    let members = members(&database);
    let (ada, hash) = (email("ada@example.com"), some_hash(12));
    members.add(&ada, &hash, NOW).await.unwrap();
    let seven = keep(&reserve_up_to(&members, 7).await, 7).unwrap();
    assert!(!members.add_keeping(&ada, &hash, seven, NOW).await.unwrap());
    assert_eq!(members.find(&ada).await.unwrap().unwrap().id().get(), 1);
    assert!(members.add_keeping(&email("bob@example.com"), &hash, seven, NOW).await.unwrap());
}

#[tokio::test]
async fn a_transaction_that_is_throttled_or_meets_another_is_a_fault_that_passes() {
    let database = Database::start().await;
    let seven = keep(&reserve_up_to(&members(&database), 7).await, 7).unwrap();
    for (code, passes) in [
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
        let added = members.add_keeping(&email("ada@example.com"), &some_hash(12), seven, NOW).await;
        assert!(matches!(&added, Err(error) if error.is_transient() == passes), "{code}: {added:?}");
    }
}
