//! Calls that are made again when the database throttles.

use crate::interrupt::Interrupt;
use futures_util::future::{Either, select};
use shared::random::random;
use shared::store::StoreError;
use std::pin::pin;
use std::time::Duration;

/// The first pause, at most; each is up to twice the one before, by chance, so that calls part ways.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A table that grows has room again within minutes (`DynamoDB` Developer Guide, "On-demand capacity mode").
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Some five minutes.
const TRIES: u32 = 60;

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// While it paused.
    Interrupted,
    /// For good.
    Failed(StoreError),
}

/// What `call` gives, which the SDK tried three times each time that it is made here. It is made again for
/// what passes, some five minutes long, or until the interrupt.
pub(crate) async fn patiently<T>(
    interrupt: &Interrupt,
    call: impl AsyncFn() -> Result<T, StoreError>,
) -> Result<T, Stopped> {
    for attempt in 1..TRIES {
        match call().await {
            Err(error) if error.is_transient() => {
                match select(pin!(tokio::time::sleep(pause(attempt))), interrupt.clone()).await {
                    Either::Left(_) => {}
                    Either::Right(_) => return Err(Stopped::Interrupted),
                }
            }
            result => return result.map_err(Stopped::Failed),
        }
    }
    call().await.map_err(Stopped::Failed)
}

/// Between half and the whole of a bound that doubles.
fn pause(attempt: u32) -> Duration {
    let bound = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt - 1)).min(LONGEST_PAUSE);
    let [share] = random();
    bound / 2 + bound / 2 * u32::from(share) / 255
}
