//! Transactions, and the one place that reads why `DynamoDB` cancelled a transaction.

use crate::store::{Item, StoreError, retry_conflicts};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactGetItem, TransactWriteItem};

/// The outcome of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transacted {
    /// All actions were done.
    Done,
    /// No action was done, because some conditions were false. Contains the indexes of the actions with these
    /// conditions.
    ConditionFailed(Vec<usize>),
}

/// Runs all actions or none.
///
/// # Errors
/// Transient when every attempt conflicted with another write, or when `DynamoDB` throttles; otherwise the call's own
/// error.
pub async fn transact(dynamodb: &Client, actions: Vec<TransactWriteItem>) -> Result<Transacted, StoreError> {
    let transaction = dynamodb.transact_write_items().set_transact_items(Some(actions));
    let attempt = || async {
        let Err(error) = transaction.clone().send().await else { return Ok(Transacted::Done) };
        let failed = failed_conditions(write_reasons(&error));
        if failed.is_empty() {
            Err(cancelled(write_reasons(&error)).unwrap_or_else(|| error.into()))
        } else {
            Ok(Transacted::ConditionFailed(failed))
        }
    };
    retry_conflicts(attempt).await
}

/// Reads all items as they are at one moment.
pub(crate) async fn get_together(
    dynamodb: &Client,
    gets: impl IntoIterator<Item = TransactGetItem>,
) -> Result<Vec<Item>, StoreError> {
    let transaction = dynamodb.transact_get_items().set_transact_items(Some(gets.into_iter().collect()));
    let attempt = || async {
        let read = transaction.clone().send().await;
        let read = read.map_err(|error| cancelled(read_reasons(&error)).unwrap_or_else(|| error.into()))?;
        Ok(read.responses.unwrap_or_default().into_iter().filter_map(|it| it.item).collect())
    };
    retry_conflicts(attempt).await
}

/// The reasons of a cancelled transaction, one for each action (`DynamoDB` API reference, `CancellationReason`).
fn write_reasons(error: &SdkError<TransactWriteItemsError>) -> &[CancellationReason] {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(it)) => it.cancellation_reasons(),
        Some(_) | None => &[],
    }
}

fn read_reasons(error: &SdkError<TransactGetItemsError>) -> &[CancellationReason] {
    match error.as_service_error() {
        Some(TransactGetItemsError::TransactionCanceledException(it)) => it.cancellation_reasons(),
        Some(_) | None => &[],
    }
}

fn failed_conditions(reasons: &[CancellationReason]) -> Vec<usize> {
    let failed = |(index, reason): (usize, &CancellationReason)| {
        (reason.code() == Some("ConditionalCheckFailed")).then_some(index)
    };
    reasons.iter().enumerate().filter_map(failed).collect()
}

/// Cancellation reasons that a retry can clear. The code of the error does not name the reason.
const TRANSIENT_REASONS: [&str; 3] =
    [StoreError::CONFLICT, "ProvisionedThroughputExceeded", "ThrottlingError"];

fn cancelled(reasons: &[CancellationReason]) -> Option<StoreError> {
    let is_given = |code: &&str| reasons.iter().any(|reason| reason.code() == Some(code));
    TRANSIENT_REASONS.into_iter().find(is_given).map(StoreError::cancelled)
}
