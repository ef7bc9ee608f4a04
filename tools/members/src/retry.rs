//! Calls that are made again when the database throttles.

use crate::interrupt::Interrupt;
use backon::{ExponentialBuilder, Retryable};
use futures_util::future::select;
use shared::store::StoreError;
use std::time::Duration;

/// Pauses that double from 100 ms, each up to twice as long by chance, so that calls part ways. A table that
/// grows has room again within minutes (`DynamoDB` Developer Guide, "On-demand capacity mode"): at most 10 s
/// and 40 times make five minutes or more.
const BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(100))
    .with_max_delay(Duration::from_secs(10))
    .with_max_times(40)
    .with_jitter();

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Between two tries.
    Interrupted,
    /// For good.
    Failed(StoreError),
}

/// The result of `call`, which is made again after a transient error until `BACKOFF` or the interrupt ends
/// it. The SDK itself tries three times within each call.
///
/// An interrupt ends a pause, not a call: a write under way would be done and not counted.
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
