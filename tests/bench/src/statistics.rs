//! Statistics of a series.

use std::time::Duration;

/// The times of one measurement, one for each round.
pub(crate) type Times = Vec<Duration>;

pub(crate) fn median<T: Copy + Ord>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

pub(crate) fn ratio(time: Duration, of: Duration) -> f64 {
    time.as_secs_f64() / of.as_secs_f64()
}

/// Converts KiB to MiB (`unit` is 1024) or bytes to MB (`unit` is 1,000,000).
#[expect(clippy::cast_precision_loss, reason = "a few millions fit exactly")]
pub(crate) fn mega(number: u64, unit: u64) -> f64 {
    number as f64 / unit as f64
}
