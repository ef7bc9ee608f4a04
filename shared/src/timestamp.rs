//! The time of a request, which a handler reads once and passes down.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// Microseconds since the Unix epoch. Code below the handlers gets the time as an argument, so that tests can move the
/// clock instead of waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The system's clock. A clock set before 1970 counts as 1970.
    pub fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(micros(since_epoch))
    }

    /// The moment `micros` microseconds after the epoch.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The moment `secs` seconds after the epoch.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down: the unit of `DynamoDB`'s TTL.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The moment to the second, in UTC, as in RFC 3339: `2026-11-28T01:02:03Z`. A moment after the year 9999 is
    /// written as the last second of that year, because RFC 3339 cannot write later years.
    pub fn rfc3339(self) -> String {
        self.in_utc().format(&Rfc3339).expect("RFC 3339 can write the years up to 9999")
    }

    /// The moment to the millisecond, in UTC, as in RFC 3339: `2026-11-28T01:02:03.004Z`. A moment after the year 9999
    /// is written in the last second of that year.
    pub fn rfc3339_millis(self) -> String {
        let moment = self.in_utc() + Duration::from_micros(self.0 % 1_000_000);
        moment.format(RFC3339_MILLIS).expect("a moment has every part of the format")
    }

    /// The moment to the second, at most the last one of the year 9999.
    fn in_utc(self) -> OffsetDateTime {
        let secs = i64::try_from(self.as_secs()).unwrap_or(i64::MAX).min(LAST_SECOND);
        OffsetDateTime::from_unix_timestamp(secs).expect("the seconds are within the years 1970 to 9999")
    }

    /// The time from `earlier` to `self`; zero if `earlier` is later.
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

const RFC3339_MILLIS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// The last second of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// A duration in whole microseconds. Durations over 584,542 years are capped.
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

    #[test]
    fn a_moment_of_the_log_is_utc_to_the_millisecond() {
        let moment = Timestamp::from_secs(1_800_000_000) + Duration::from_micros(4_999);
        assert_eq!(moment.rfc3339_millis(), "2027-01-15T08:00:00.004Z");
        assert_eq!(Timestamp::from_secs(0).rfc3339_millis(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_micros(u64::MAX).rfc3339_millis(), "9999-12-31T23:59:59.551Z");
    }
}
