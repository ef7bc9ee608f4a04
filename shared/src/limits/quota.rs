//! The arithmetic of a token bucket, as GCRA (generic cell rate algorithm).
//!
//! A bucket's state is its *theoretical arrival time* `tat`: the moment at which it will be full again. ITU-T I.371
//! defines the algorithm. Brandur Leach's "Rate Limiting, Cells, and GCRA" describes its use for requests.

use crate::timestamp::Timestamp;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// A rate limit: a burst of `capacity` requests, then one request every refill interval, which is the window divided by
/// the capacity. Written `capacity/seconds`, as in `5/60`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    capacity: NonZeroU32,
    window: NonZeroU32,
}

impl Quota {
    /// `capacity` permits every `window` seconds.
    pub const fn new(capacity: NonZeroU32, window: NonZeroU32) -> Self {
        Self { capacity, window }
    }

    /// The capacity in permits.
    pub const fn capacity(self) -> u32 {
        self.capacity.get()
    }

    /// The window in seconds.
    pub const fn window(self) -> u32 {
        self.window.get()
    }

    /// The same capacity in a window that is `factor` times as long. The new window may exceed the limit for a quota in
    /// a setting.
    #[must_use]
    pub const fn slowed(self, factor: NonZeroU32) -> Self {
        Self { capacity: self.capacity, window: self.window.saturating_mul(factor) }
    }

    /// The time in which one permit comes back, in whole microseconds, rounded up.
    pub fn refill_interval(self) -> Duration {
        Duration::from_micros(self.interval_micros())
    }

    /// The latest `tat` that admits a request at `now`.
    pub fn latest_tat(self, now: Timestamp) -> Timestamp {
        now + Duration::from_micros(u64::from(self.capacity.get() - 1) * self.interval_micros())
    }

    /// The `tat` of an empty bucket at `now`. No bucket of this quota has a later `tat`, unless clocks differ.
    pub fn empty_tat(self, now: Timestamp) -> Timestamp {
        self.latest_tat(now) + self.refill_interval()
    }

    /// Takes a permit from a bucket that is full at `tat`. Returns the new `tat`, or `None` if the bucket has no
    /// permit.
    pub fn admit(self, tat: Timestamp, now: Timestamp) -> Option<Timestamp> {
        (tat <= self.latest_tat(now)).then(|| tat.max(now) + self.refill_interval())
    }

    const fn interval_micros(self) -> u64 {
        (self.window.get() as u64 * 1_000_000).div_ceil(self.capacity.get() as u64)
    }

    /// How many permits are missing from a bucket that is full at `tat`, and the microseconds until the next one
    /// comes back.
    fn missing(self, tat: Timestamp, now: Timestamp) -> (u32, u64) {
        let until_full = tat.as_micros().saturating_sub(now.as_micros());
        let missing = until_full.div_ceil(self.interval_micros()).min(self.capacity.get().into());
        let until_next = until_full - missing.saturating_sub(1) * self.interval_micros();
        (u32::try_from(missing).unwrap_or(u32::MAX), until_next)
    }
}

impl FromStr for Quota {
    type Err = InvalidQuota;

    fn from_str(text: &str) -> Result<Self, InvalidQuota> {
        let (capacity, window) = text.split_once('/').ok_or(InvalidQuota)?;
        let number = |text: &str| text.parse::<NonZeroU32>().ok().filter(|it| it.get() <= MOST);
        Ok(Self::new(number(capacity).ok_or(InvalidQuota)?, number(window).ok_or(InvalidQuota)?))
    }
}

/// The largest capacity, and the longest window in seconds. Their product in microseconds is far from overflow, and a
/// refill interval is at least a microsecond.
const MOST: u32 = 1_000_000;

/// The text is not a quota.
#[derive(Debug, thiserror::Error)]
#[error("must be permits/seconds like 5/60, each from 1 to 1000000")]
pub struct InvalidQuota;

/// The state of a bucket after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketState {
    quota: Quota,
    remaining: u32,
    until_next: Duration,
    until_full: Duration,
}

impl BucketState {
    /// The state at `now` of a bucket that is full at `tat`.
    pub fn new(quota: Quota, tat: Timestamp, now: Timestamp) -> Self {
        let (missing, until_next) = quota.missing(tat, now);
        Self {
            quota,
            remaining: quota.capacity.get() - missing,
            until_next: Duration::from_micros(until_next),
            until_full: tat.since(now),
        }
    }

    /// The bucket's quota.
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// How many permits the bucket holds.
    pub const fn remaining(&self) -> u32 {
        self.remaining
    }

    /// Whole seconds until the next permit comes back, rounded up.
    pub fn seconds_until_next(&self) -> u64 {
        whole_seconds(self.until_next)
    }

    /// Whole seconds until the bucket is full, rounded up.
    pub fn seconds_until_full(&self) -> u64 {
        whole_seconds(self.until_full)
    }

    /// How long a refused request should wait: whole seconds until the next permit comes back, at least 1.
    pub fn retry_after(&self) -> u64 {
        self.seconds_until_next().max(1)
    }
}

/// Seconds, rounded up.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same token bucket, as a credit in microseconds. A permit costs one refill interval of credit.
    struct Model {
        interval: u64,
        most: u64,
        credit: u64,
    }

    impl Model {
        fn full(capacity: u32, window: u32) -> Self {
            let interval = (u64::from(window) * 1_000_000).div_ceil(capacity.into());
            let most = u64::from(capacity) * interval;
            Self { interval, most, credit: most }
        }

        fn wait(&mut self, micros: u64) {
            self.credit = self.most.min(self.credit + micros);
        }

        fn take(&mut self) -> bool {
            let admitted = self.credit >= self.interval;
            self.credit -= if admitted { self.interval } else { 0 };
            admitted
        }

        fn permits(&self) -> u64 {
            self.credit / self.interval
        }

        fn until_next(&self) -> u64 {
            if self.credit == self.most { 0 } else { self.interval - self.credit % self.interval }
        }
    }

    fn quota(text: &str) -> Quota {
        text.parse().unwrap()
    }

    proptest! {
        #[test]
        fn a_quota_is_a_token_bucket(
            capacity in 1_u32..50,
            window in 1_u32..5000,
            waits in prop::collection::vec(prop_oneof![Just(0), 0_u64..1_000_000, 0_u64..5_000_000_000], 1..200),
        ) {
            let quota = quota(&format!("{capacity}/{window}"));
            let mut model = Model::full(capacity, window);
            let (mut tat, mut now) = (Timestamp::default(), Timestamp::from_micros(1_700_000_000_000_000));
            for wait in waits {
                now = now + Duration::from_micros(wait);
                model.wait(wait);
                let admitted = quota.admit(tat, now);
                prop_assert_eq!(admitted.is_some(), model.take());
                tat = admitted.unwrap_or(tat);
                let state = BucketState::new(quota, tat, now);
                prop_assert_eq!(u64::from(state.remaining), model.permits());
                prop_assert_eq!(state.until_next, Duration::from_micros(model.until_next()));
                prop_assert_eq!(state.until_full, Duration::from_micros(model.most - model.credit));
            }
        }

        #[test]
        fn no_state_and_no_quota_overflows(
            capacity in 1..=MOST,
            window in 1..=MOST,
            tat in 0_u64..u64::from(u32::MAX) * 1_000_000_000,
            now in 0_u64..u64::from(u32::MAX) * 1_000_000,
        ) {
            let [tat, now] = [tat, now].map(Timestamp::from_micros);
            let quota = quota(&format!("{capacity}/{window}"));
            let _ = quota.admit(tat, now);
            let state = BucketState::new(quota, tat, now);
            prop_assert!(state.remaining() <= capacity);
            prop_assert!(state.retry_after() >= 1);
        }

        #[test]
        fn any_text_is_a_quota_or_an_error(text in any::<String>()) {
            let _ = text.parse::<Quota>();
        }
    }

    #[test]
    fn a_quota_is_permits_and_seconds() {
        assert_eq!(quota("5/60").refill_interval(), Duration::from_secs(12));
        assert_eq!(quota("7/60").refill_interval(), Duration::from_micros(8_571_429));
        assert_eq!(quota("1000000/1").refill_interval(), Duration::from_micros(1));
        for bad in
            ["", "5", "5/", "/60", "0/60", "5/0", "-5/60", "5/60/1", "5 / 60", "1000001/60", "5/1000001"]
        {
            assert!(bad.parse::<Quota>().is_err(), "{bad}");
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        let now = Timestamp::from_micros(1_000_000_000);
        let state = BucketState::new(quota("5/60"), Timestamp::from_micros(1_012_000_001), now);
        assert_eq!((state.remaining(), state.retry_after()), (3, 1));
        assert_eq!((state.seconds_until_next(), state.seconds_until_full()), (1, 13));
    }
}
