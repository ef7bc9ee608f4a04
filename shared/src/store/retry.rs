//! Calls that meet a transaction of another request, and are made again. The SDK does not repeat them.

use crate::store::StoreError;
use backon::{ExponentialBuilder, Retryable};
use std::time::Duration;
use tokio::time::sleep;

/// Five attempts. The pauses between them double from 20 ms, and each is randomly lengthened, so that two instances with
/// the same conflict do not meet again.
const BACKOFF: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(20)).with_max_times(4).with_jitter();

/// Repeats `call` while it conflicts with a transaction.
pub(crate) async fn retry_conflicts<T, F>(call: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    call.retry(BACKOFF).sleep(sleep).when(StoreError::is_conflict).await
}
