//! Transactions, and the one place that reads why `DynamoDB` cancelled one.

use crate::random::random;
use crate::store::StoreError;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use std::time::Duration;

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transacted {
    /// All actions were done.
    Done,
    /// No action was done, because the conditions of these actions were false (indexes, in the order of the actions).
    ConditionFailed(Vec<usize>),
}

/// How often a transaction is tried when it conflicts with another write to the same item.
const ATTEMPTS: u32 = 5;

/// The longest pause after the first attempt. It doubles with each attempt, and each pause is a random part of it, so
/// that two instances with the same conflict do not meet again.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Does all actions or none.
///
/// # Errors
/// Transient when every attempt conflicted with another write, or when `DynamoDB` throttles; otherwise as the call
/// failed.
pub async fn transact(dynamodb: &Client, actions: Vec<TransactWriteItem>) -> Result<Transacted, StoreError> {
    for attempt in 0..ATTEMPTS {
        let Err(error) =
            dynamodb.transact_write_items().set_transact_items(Some(actions.clone())).send().await
        else {
            return Ok(Transacted::Done);
        };
        let failed = indexes(&error, "ConditionalCheckFailed");
        if !failed.is_empty() {
            return Ok(Transacted::ConditionFailed(failed));
        }
        if indexes(&error, "TransactionConflict").is_empty() {
            return Err(failure(error));
        }
        pause(attempt).await;
    }
    Err(StoreError::transient("a transaction conflicted with another write in every attempt"))
}

/// The actions that `DynamoDB` gives this reason for (`DynamoDB` API reference, `CancellationReason`).
fn indexes(error: &SdkError<TransactWriteItemsError>, code: &str) -> Vec<usize> {
    let has_code = |reason: &CancellationReason| reason.code() == Some(code);
    reasons(error).iter().enumerate().filter(|(_, reason)| has_code(reason)).map(|(index, _)| index).collect()
}

fn reasons(error: &SdkError<TransactWriteItemsError>) -> &[CancellationReason] {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        Some(_) | None => &[],
    }
}

/// Throttling of one action cancels the transaction and is found in its reasons only.
fn failure(error: SdkError<TransactWriteItemsError>) -> StoreError {
    let throttled = ["ProvisionedThroughputExceeded", "ThrottlingError"]
        .into_iter()
        .find(|code| !indexes(&error, code).is_empty());
    throttled.map_or_else(|| error.into(), StoreError::transient)
}

async fn pause(attempt: u32) {
    let [part] = random();
    tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(attempt) * u32::from(part) / 255).await;
}
