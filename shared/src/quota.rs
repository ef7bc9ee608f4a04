//! The arithmetic of a token bucket, as GCRA.
//!
//! A bucket's state is its *theoretical arrival time* `tat`: the moment at which it will be full again, in
//! microseconds since the epoch. The algorithm is ITU-T I.371's; its use for requests is described in
//! Brandur Leach's "Rate Limiting, Cells, and GCRA".

use crate::timestamp::Timestamp;
use http::{HeaderName, HeaderValue};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// How many requests in how long: a burst of all `capacity` tokens, then one each refill interval.
/// Written `capacity/seconds`, as in `5/60`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    capacity: NonZeroU32,
    window: NonZeroU32,
}

impl Quota {
    /// `capacity` tokens in each `window` seconds.
    #[must_use]
    pub const fn new(capacity: NonZeroU32, window: NonZeroU32) -> Self {
        Self { capacity, window }
    }

    /// The microseconds in which one token comes back, rounded up.
    #[must_use]
    pub fn interval(self) -> u64 {
        (u64::from(self.window.get()) * 1_000_000).div_ceil(self.capacity.get().into())
    }

    /// The greatest `tat`, in microseconds since the epoch, that still admits a request at `now`.
    #[must_use]
    pub fn limit(self, now: Timestamp) -> u64 {
        now.as_micros() + u64::from(self.capacity.get() - 1) * self.interval()
    }

    /// Takes a token from a bucket that is full at `tat`: the new `tat`, or `None` where there is no token.
    #[must_use]
    pub fn admit(self, tat: u64, now: Timestamp) -> Option<u64> {
        (tat <= self.limit(now)).then(|| tat.max(now.as_micros()) + self.interval())
    }

    /// How many tokens are missing from a bucket that is full at `tat`, and the microseconds until the
    /// next comes back. A `tat` further away than an empty bucket's (the quota was raised, or clocks
    /// differ) counts as empty, and is waited for.
    fn missing(self, tat: u64, now: Timestamp) -> (u32, u64) {
        let until_full = tat.saturating_sub(now.as_micros());
        let missing = until_full.div_ceil(self.interval()).min(self.capacity.get().into());
        let until_next = until_full - missing.saturating_sub(1) * self.interval();
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

/// The most tokens, and seconds, of a quota: their product in microseconds stays far from overflow, and a
/// token's share of a second stays at least a microsecond.
const MOST: u32 = 1_000_000;

/// Not a quota.
#[derive(Debug, thiserror::Error)]
#[error("must be tokens/seconds like 5/60, each from 1 to 1000000")]
pub struct InvalidQuota;

/// What became of one request, and what the client is told of its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    policy: &'static str,
    quota: Quota,
    remaining: u32,
    until_next: Duration,
    until_full: Duration,
}

impl Decision {
    /// What a client is told at `now` of a bucket that is full at `tat`.
    #[must_use]
    pub fn new(policy: &'static str, quota: Quota, tat: u64, now: Timestamp) -> Self {
        let (missing, until_next) = quota.missing(tat, now);
        Self {
            policy,
            quota,
            remaining: quota.capacity.get() - missing,
            until_next: Duration::from_micros(until_next),
            until_full: Timestamp::from_micros(tat).since(now),
        }
    }

    /// The policy's name, which is the route's.
    #[must_use]
    pub const fn policy(&self) -> &'static str {
        self.policy
    }

    /// `Retry-After` of a refusal: whole seconds until a token comes back, at least 1.
    #[must_use]
    pub fn retry_after(&self) -> u64 {
        whole_seconds(self.until_next).max(1)
    }

    /// The fields of draft-ietf-httpapi-ratelimit-headers-11, and the three of its draft 03.
    #[must_use]
    pub fn headers(&self) -> [(HeaderName, HeaderValue); 5] {
        let Self { policy, quota: Quota { capacity, window }, remaining, .. } = self;
        let (next, full) = (whole_seconds(self.until_next), whole_seconds(self.until_full));
        [
            ("ratelimit-policy", format!("\"{policy}\";q={capacity};w={window}")),
            ("ratelimit", format!("\"{policy}\";r={remaining};t={next}")),
            ("ratelimit-limit", capacity.to_string()),
            ("ratelimit-remaining", remaining.to_string()),
            ("ratelimit-reset", full.to_string()),
        ]
        .map(|(name, value)| {
            (HeaderName::from_static(name), value.parse().expect("names and numbers are header text"))
        })
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

    /// A token bucket told another way: a credit in microseconds, a token being one interval of it.
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

        fn tokens(&self) -> u64 {
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
        fn it_is_a_token_bucket(
            capacity in 1_u32..50,
            window in 1_u32..5000,
            waits in prop::collection::vec(prop_oneof![Just(0), 0_u64..1_000_000, 0_u64..5_000_000_000], 1..200),
        ) {
            let quota = quota(&format!("{capacity}/{window}"));
            let mut model = Model::full(capacity, window);
            let (mut tat, mut now) = (0, Timestamp::from_micros(1_700_000_000_000_000));
            for wait in waits {
                now = now + Duration::from_micros(wait);
                model.wait(wait);
                let admitted = quota.admit(tat, now);
                prop_assert_eq!(admitted.is_some(), model.take());
                tat = admitted.unwrap_or(tat);
                let decision = Decision::new("test", quota, tat, now);
                prop_assert_eq!(u64::from(decision.remaining), model.tokens());
                prop_assert_eq!(decision.until_next, Duration::from_micros(model.until_next()));
                prop_assert_eq!(decision.until_full, Duration::from_micros(model.most - model.credit));
            }
        }

        #[test]
        fn no_state_and_no_quota_overflows(
            capacity in 1..=MOST,
            window in 1..=MOST,
            tat in 0_u64..u64::from(u32::MAX) * 1_000_000_000,
            now in 0_u64..u64::from(u32::MAX) * 1_000_000,
        ) {
            let (quota, now) = (quota(&format!("{capacity}/{window}")), Timestamp::from_micros(now));
            let _ = quota.admit(tat, now);
            let decision = Decision::new("test", quota, tat, now);
            prop_assert!(decision.remaining <= capacity);
            prop_assert!(decision.retry_after() >= 1);
            prop_assert_eq!(decision.headers().len(), 5);
        }

        #[test]
        fn any_text_is_a_quota_or_refused(text in any::<String>()) {
            let _ = text.parse::<Quota>();
        }
    }

    #[test]
    fn a_quota_is_tokens_and_seconds() {
        assert_eq!(quota("5/60").interval(), 12_000_000);
        assert_eq!(quota("7/60").interval(), 8_571_429);
        assert_eq!(quota("1000000/1").interval(), 1);
        for bad in
            ["", "5", "5/", "/60", "0/60", "5/0", "-5/60", "5/60/1", "5 / 60", "1000001/60", "5/1000001"]
        {
            assert!(bad.parse::<Quota>().is_err(), "{bad}");
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        let now = Timestamp::from_micros(1_000_000_000);
        let decision = Decision::new("test", quota("5/60"), 1_012_000_001, now);
        assert_eq!((decision.remaining, decision.retry_after()), (3, 1));
        let values = decision.headers().map(|(_, value)| value.to_str().unwrap().to_owned());
        assert_eq!(values, ["\"test\";q=5;w=60", "\"test\";r=3;t=1", "5", "3", "13"]);
    }
}
