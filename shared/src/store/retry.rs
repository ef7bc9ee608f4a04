//! Retries of calls that conflict with another request's transaction. The SDK does not retry such calls.

use crate::store::StoreError;
use backon::{ExponentialBuilder, Retryable};
use std::time::Duration;
use tokio::time::sleep;

/// Five attempts. The pauses between them start at 20 ms and double. Each pause gets a random extra part, so that two
/// instances do not collide again.
const BACKOFF: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(20)).with_max_times(4).with_jitter();

/// Retries `call` while it conflicts with a transaction.
pub(crate) async fn retry_conflicts<T, F>(call: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    call.retry(BACKOFF).sleep(sleep).when(StoreError::is_conflict).await
}
