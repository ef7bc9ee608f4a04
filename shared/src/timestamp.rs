//! The time of a request, which a handler reads once and passes down.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Microseconds since the Unix epoch. Below the handlers it is always an argument, so that tests move time instead of
/// waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The system's clock. A clock set before 1970 counts as 1970.
    #[must_use]
    pub fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(micros(since_epoch))
    }

    /// The moment `micros` microseconds after the epoch.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The moment `secs` seconds after the epoch.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down: the unit of `DynamoDB`'s TTL.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The moment to the second, in UTC, as in RFC 3339: `2026-11-28T01:02:03Z`. A moment after the year 9999, which RFC
    /// 3339 cannot write, is written as the last second of that year.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let secs = i64::try_from(self.as_secs()).unwrap_or(i64::MAX).min(LAST_SECOND);
        let moment =
            OffsetDateTime::from_unix_timestamp(secs).expect("the seconds are within the years 1970 to 9999");
        moment.format(&Rfc3339).expect("RFC 3339 has a form for the years to 9999")
    }

    /// The time from `earlier` to `self`; zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }
}

/// The last second of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// A duration in whole microseconds, at most 500,000 years.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_utc_to_the_second() {
        assert_eq!(Timestamp::from_secs(1_800_000_000).rfc3339(), "2027-01-15T08:00:00Z");
        assert_eq!(Timestamp::from_secs(u64::MAX).rfc3339(), "9999-12-31T23:59:59Z");
    }
}
