//! Calls that are repeated while the database throttles.

use crate::terminal::interrupt::Interrupt;
use backon::{ExponentialBuilder, Retryable};
use futures_util::future::select;
use shared::store::StoreError;
use std::time::Duration;

/// Pauses that double from 100 ms. Each is randomly extended to up to twice its length, so that concurrent calls do not
/// retry in step. A table that grows has capacity again within minutes (`DynamoDB` Developer Guide, "On-demand capacity
/// mode"): 40 pauses of at most 10 s are five minutes or more.
const BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(Duration::from_secs(10))
    .with_max_times(40)
    .with_jitter();

/// Why a call was given up.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// An interrupt came between two attempts.
    Interrupted,
    /// The call failed permanently, or too often.
    Failed(StoreError),
}

/// Runs `call` and returns its result. After a transient error, `call` runs again, until `BACKOFF` is exhausted or an
/// interrupt comes. The SDK itself makes three attempts within each call.
///
/// An interrupt ends a pause but never a call, because the write of an interrupted call could still happen, and would
/// not be counted.
pub(crate) async fn retry_with_backoff<T>(
    interrupt: &Interrupt,
    call: impl AsyncFn() -> Result<T, StoreError>,
) -> Result<T, Stopped> {
    let to_pause = interrupt.clone();
    let pause = move |duration| select(Box::pin(tokio::time::sleep(duration)), to_pause.clone());
    let is_interrupted = || interrupt.peek().is_some();
    let retried = (|| call())
        .retry(BACKOFF)
        .sleep(pause)
        .when(|error: &StoreError| error.is_transient() && !is_interrupted());
    retried.await.map_err(|error| {
        if error.is_transient() && is_interrupted() { Stopped::Interrupted } else { Stopped::Failed(error) }
    })
}
