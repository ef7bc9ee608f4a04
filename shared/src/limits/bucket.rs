//! Token buckets in `DynamoDB`. A bucket is one number, and a request is admitted by one conditional write.

use crate::config::{ConfigError, Environment};
use crate::limits::{BucketState, Quota};
use crate::store::{Item, MalformedItem, StoreError, if_condition_held, n, s};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_sdk_dynamodb::{Client, Config};
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Buckets of one policy, each an item of the `RateLimits` table.
#[derive(Debug)]
pub struct RateLimiter {
    dynamodb: Client,
    table: String,
    policy: &'static str,
    quota: Quota,
    kind: Kind,
    /// The latest `tat` of each bucket that this instance saw, at most one window ahead.
    seen: Mutex<LruCache<String, Timestamp>>,
}

/// How an instance may use the last `tat` that it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The stored `tat` only grows. If the last `tat` shows that the bucket is empty, refuse without a call.
    OneWay,
    /// Permits can come back early, so the `tat` only suggests which form to try first.
    Refundable,
}

/// Why a request is not admitted.
#[derive(Debug)]
pub enum NotAdmitted {
    /// The bucket is empty. Nothing was taken.
    Refused(BucketState),
    /// The bucket could not be read or written. The limiter fails closed.
    Failed(StoreError),
}

impl From<StoreError> for NotAdmitted {
    fn from(cause: StoreError) -> Self {
        Self::Failed(cause)
    }
}

/// How many buckets an instance remembers. For each bucket, the instance keeps a key and a number.
const REMEMBERED_BUCKETS: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// How long an item is kept after its bucket is full: longer than clocks differ. A missing bucket counts as full, so it
/// does not matter when TTL deletes the item.
const KEEP_FULL_BUCKET: Duration = Duration::from_mins(5);

/// How far ahead the clock of the instance that wrote a `tat` may be. A `tat` that is later than an empty bucket's by
/// more than this time comes from a changed quota or a corrupt item.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(10);

/// How many writes are tried. If a bucket with permits refuses one form, it accepts the other. The second write
/// therefore decides, unless another request gave a permit back in between.
const MOST_WRITES: usize = 5;

/// How long a refund may take. A login makes the refund while it starts the session, and the refund is not worth a
/// longer wait.
const REFUND_TIMEOUT: Duration = Duration::from_secs(1);

/// The two forms of the conditional write. `DynamoDB` has no `max()`, so each form handles one case of `max(tat, now)`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The bucket is full: `tat := now + interval`.
    Idle,
    /// The bucket is not full and has a permit: `tat := tat + interval`.
    Busy,
}

impl Form {
    /// The form for a bucket that is full at `tat`, or that has no item.
    fn for_bucket(tat: Option<Timestamp>, now: Timestamp) -> Self {
        if tat.is_some_and(|tat| tat > now) { Self::Busy } else { Self::Idle }
    }

    fn apply(self, update: UpdateItemFluentBuilder, quota: Quota, now: Timestamp) -> UpdateItemFluentBuilder {
        let (interval, limit) = (quota.refill_interval(), quota.latest_tat(now));
        let (update, full_at) = match self {
            Self::Idle => {
                let full_at = now + interval;
                let update = update
                    .update_expression("SET tat = :full_at, expires_at = :expires_at")
                    .condition_expression("attribute_not_exists(tat) OR tat <= :now")
                    .expression_attribute_values(":full_at", n(full_at.as_micros()));
                (update, full_at)
            }
            Self::Busy => {
                let update = update
                    .update_expression("SET tat = tat + :interval, expires_at = :expires_at")
                    .condition_expression("tat > :now AND tat <= :limit")
                    .expression_attribute_values(":interval", micros(interval))
                    .expression_attribute_values(":limit", n(limit.as_micros()));
                (update, quota.empty_tat(now))
            }
        };
        update.expression_attribute_values(":expires_at", expires_at(full_at))
    }
}

/// The outcome of a write.
enum Attempt {
    /// The request is admitted. Contains the bucket's new `tat`.
    Taken(Timestamp),
    /// The condition was false. Contains the bucket's `tat`, or `None` if the bucket has none.
    Refused(Option<Timestamp>),
}

impl RateLimiter {
    /// Buckets in the table named by `RATE_LIMITS_TABLE`.
    pub fn from_env(
        environment: &Environment,
        dynamodb: &Client,
        policy: &'static str,
        quota: Quota,
    ) -> Result<Self, ConfigError> {
        Ok(Self::new(dynamodb.clone(), environment.table("RATE_LIMITS_TABLE")?, policy, quota))
    }

    /// Buckets named `policy#…` in `table`, each with `quota`.
    pub fn new(dynamodb: Client, table: String, policy: &'static str, quota: Quota) -> Self {
        let seen = Mutex::new(LruCache::new(REMEMBERED_BUCKETS));
        Self { dynamodb, table, policy, quota, kind: Kind::OneWay, seen }
    }

    /// The buckets' quota.
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// The policy's name.
    pub const fn policy(&self) -> &'static str {
        self.policy
    }

    /// The same buckets, which now also accept refunds ([`Self::refund`]).
    #[must_use]
    pub fn refundable(self) -> Self {
        Self { kind: Kind::Refundable, ..self }
    }

    /// Takes a permit from the bucket of `holder`, and returns the bucket's new state. Makes no call if this instance
    /// knows that the bucket is empty. Otherwise makes at most two writes, unless other requests give permits back in
    /// between or the `tat` is implausible. A refused request does not change a plausible `tat`.
    ///
    /// # Errors
    /// [`NotAdmitted::Refused`] when the bucket has no permit; [`NotAdmitted::Failed`] when a call fails or the stored
    /// bucket is malformed.
    pub async fn take(
        &self,
        holder: &impl std::fmt::Display,
        now: Timestamp,
    ) -> Result<BucketState, NotAdmitted> {
        let bucket = self.bucket(holder);
        let seen = self.seen(&bucket, now);
        if self.kind == Kind::OneWay && seen > self.quota.latest_tat(now) {
            return Err(self.refused(seen, now));
        }
        let mut form = Form::for_bucket(Some(seen), now);
        for _ in 0..MOST_WRITES {
            match self.attempt(form, &bucket, now).await? {
                Attempt::Taken(tat) => return Ok(self.state(tat, now)),
                Attempt::Refused(Some(tat)) if tat > self.quota.latest_tat(now) => {
                    return Err(self.refused(tat, now));
                }
                Attempt::Refused(tat) => form = Form::for_bucket(tat, now),
            }
        }
        Err(StoreError::transient("the bucket changed between all writes").into())
    }

    /// Gives a permit back. The call is made once and its failure is ignored, because a repeated refund could give back
    /// more permits than were taken. If the network delivers the call twice, or after more than one refill interval,
    /// one permit too many comes back.
    pub async fn refund(&self, holder: &impl std::fmt::Display, now: Timestamp) {
        let bucket = self.bucket(holder);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).pop(&bucket);
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .key("bucket", s(bucket))
            .update_expression("SET tat = tat - :interval")
            .condition_expression("tat > :now")
            .expression_attribute_values(":interval", micros(self.quota.refill_interval()))
            .expression_attribute_values(":now", n(now.as_micros()));
        let once = Config::builder().retry_config(RetryConfig::disabled());
        let _ = timeout(REFUND_TIMEOUT, update.customize().config_override(once).send()).await;
    }

    fn bucket(&self, holder: &impl std::fmt::Display) -> String {
        format!("{}#{holder}", self.policy)
    }

    fn state(&self, tat: Timestamp, now: Timestamp) -> BucketState {
        BucketState::new(self.quota, tat, now)
    }

    fn refused(&self, tat: Timestamp, now: Timestamp) -> NotAdmitted {
        NotAdmitted::Refused(self.state(tat, now))
    }

    async fn attempt(&self, form: Form, bucket: &str, now: Timestamp) -> Result<Attempt, StoreError> {
        let attempt = match self.write(form, bucket, now).await {
            Ok(item) => Attempt::Taken(item.get("tat").and_then(tat).ok_or(MALFORMED)?),
            Err(error) => match refused_by(error)? {
                None => Attempt::Refused(None),
                Some(stored) => Attempt::Refused(Some(self.plausible(stored, bucket, now).await?)),
            },
        };
        if let Attempt::Taken(tat) | Attempt::Refused(Some(tat)) = attempt {
            self.remember(bucket, tat, now);
        }
        Ok(attempt)
    }

    async fn write(
        &self,
        form: Form,
        bucket: &str,
        now: Timestamp,
    ) -> Result<Item, SdkError<UpdateItemError>> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .key("bucket", s(bucket))
            .expression_attribute_values(":now", n(now.as_micros()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(form.apply(update, self.quota, now).send().await?.attributes.unwrap_or_default())
    }

    /// The stored `tat`, clamped if it is malformed or too late for this quota. So a corrupt item cannot lift the
    /// limit, and a changed quota or a fast clock blocks no client for longer than an empty bucket does.
    async fn plausible(
        &self,
        stored: AttributeValue,
        bucket: &str,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        match tat(&stored).filter(|tat| self.is_plausible(*tat, now)) {
            Some(tat) => Ok(tat),
            None => self.clamp(stored, bucket, now).await,
        }
    }

    fn is_plausible(&self, tat: Timestamp, now: Timestamp) -> bool {
        tat <= self.quota.empty_tat(now) + CLOCK_DIFFERENCE
    }

    /// Resets the bucket to one permit, for this request or a concurrent one. Returns the new `tat`.
    async fn clamp(
        &self,
        stored: AttributeValue,
        bucket: &str,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let one_left = self.quota.latest_tat(now);
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .key("bucket", s(bucket))
            .update_expression("SET tat = :one_left, expires_at = :expires_at")
            .condition_expression("tat = :stored")
            .expression_attribute_values(":one_left", n(one_left.as_micros()))
            .expression_attribute_values(":expires_at", expires_at(one_left))
            .expression_attribute_values(":stored", stored);
        if_condition_held(update.send().await).map(|_| one_left)
    }

    /// The remembered `tat`; zero if none is remembered, or if the clock has gone back since.
    fn seen(&self, bucket: &str, now: Timestamp) -> Timestamp {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(bucket).copied().filter(|tat| self.is_plausible(*tat, now)).unwrap_or_default()
    }

    /// Remembers the `tat`, at most one window ahead. If an operator deletes the bucket, this instance keeps refusing
    /// requests for at most one window.
    fn remember(&self, bucket: &str, tat: Timestamp, now: Timestamp) {
        let tat = tat.min(self.quota.empty_tat(now));
        let latest = if self.kind == Kind::OneWay { tat.max(self.seen(bucket, now)) } else { tat };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).put(bucket.to_owned(), latest);
    }
}

const MALFORMED: MalformedItem = MalformedItem { table: "RateLimits", attribute: "tat" };

/// The `tat` that made a condition false; `None` if the bucket has none. Every other failure is an error.
fn refused_by(error: SdkError<UpdateItemError>) -> Result<Option<AttributeValue>, StoreError> {
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(check)) => {
            Ok(check.item().and_then(|item| item.get("tat").cloned()))
        }
        Some(_) | None => Err(error.into()),
    }
}

fn tat(stored: &AttributeValue) -> Option<Timestamp> {
    stored.as_n().ok()?.parse().ok().map(Timestamp::from_micros)
}

fn expires_at(full_at: Timestamp) -> AttributeValue {
    n((full_at + KEEP_FULL_BUCKET).as_secs())
}

fn micros(duration: Duration) -> AttributeValue {
    n((Timestamp::default() + duration).as_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_remembers_at_most_4096_buckets() {
        let dynamodb = Client::from_conf(Config::builder().behavior_version_latest().build());
        let limiter = RateLimiter::new(dynamodb, String::new(), "login", "5/60".parse().unwrap());
        let now = Timestamp::from_secs(1_800_000_000);
        let full_at = limiter.quota.empty_tat(now);
        (0..=4096).for_each(|number| limiter.remember(&format!("{number}"), full_at, now));
        let remembered = (0..=4096).filter(|number| limiter.seen(&format!("{number}"), now) == full_at);
        assert_eq!(remembered.count(), 4096);
    }
}
