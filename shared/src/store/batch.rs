//! Reads of several items in one call.

use crate::store::{Item, StoreError};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use backon::{ExponentialBuilder, Retryable};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::sleep;

/// The pauses before the second and the third attempt: 20 ms and 40 ms.
const BACKOFF: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(20)).with_max_times(2);

/// Reads the items with these keys, by table. When `DynamoDB` is busy, it may leave keys unprocessed. All items are
/// then read again, so that the result is always complete.
///
/// # Errors
/// When the call fails, or when keys stay unprocessed in three attempts (transient).
pub async fn read_all(
    dynamodb: &Client,
    keys: impl IntoIterator<Item = (String, KeysAndAttributes)>,
) -> Result<HashMap<String, Vec<Item>>, StoreError> {
    let batch = dynamodb.batch_get_item().set_request_items(Some(keys.into_iter().collect()));
    let attempt = || async {
        let read = batch.clone().send().await?;
        if read.unprocessed_keys.is_none_or(|keys| keys.is_empty()) {
            Ok(read.responses.unwrap_or_default())
        } else {
            Err(StoreError::unprocessed())
        }
    };
    attempt.retry(BACKOFF).sleep(sleep).when(StoreError::is_unprocessed).await
}
