//! What is said of a series.

use std::time::Duration;

/// Times of one thing, round by round.
pub(crate) type Times = Vec<Duration>;

/// The value in the middle.
pub(crate) fn median<T: Copy + Ord>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// In milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// How many times `of` a time is.
pub(crate) fn ratio(time: Duration, of: Duration) -> f64 {
    time.as_secs_f64() / of.as_secs_f64()
}

/// KiB or bytes in the next two larger units.
#[expect(clippy::cast_precision_loss, reason = "of some millions")]
pub(crate) fn mega(number: u64, unit: u64) -> f64 {
    number as f64 / unit as f64
}
