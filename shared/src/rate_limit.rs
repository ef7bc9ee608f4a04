//! Token buckets in `DynamoDB`: one number and one conditional write for each admission.

use crate::dynamodb::{Fault, Item, Unreadable, if_condition_held, n, s};
use crate::error::Error;
use crate::quota::{Decision, Quota};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One policy's buckets: an item each in the `RateLimits` table.
#[derive(Debug)]
pub struct RateLimiter {
    client: Client,
    table: String,
    policy: &'static str,
    quota: Quota,
    /// The highest `tat` seen of each bucket. Never above the true one, which only grows.
    seen: Mutex<LruCache<String, u64>>,
}

/// How many buckets an instance remembers: a key and a number each.
const REMEMBERED_BUCKETS: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// How long after it is full again a bucket's item is kept, in seconds: longer than clocks differ. A full
/// bucket is the same as none, so nothing depends on when TTL deletes it.
const KEEP_FULL_BUCKET_SECONDS: u64 = 300;

/// How far ahead a `tat` can be: twice the longest window that a quota has, for clocks differ.
const FURTHEST: Duration = Duration::from_secs(2_000_000);

/// The two forms of the one write. `DynamoDB` has no `max()`, so each handles one side of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The bucket is full: `tat := now + interval`.
    Idle,
    /// It is not, and admits: `tat := tat + interval`.
    Busy,
}

impl Form {
    const fn other(self) -> Self {
        match self {
            Self::Idle => Self::Busy,
            Self::Busy => Self::Idle,
        }
    }

    /// The update in this form. The item is kept until the bucket is full at the latest, and a while longer.
    fn of(self, update: UpdateItemFluentBuilder, quota: Quota, now: Timestamp) -> UpdateItemFluentBuilder {
        let (interval, limit) = (quota.interval(), quota.limit(now));
        let (update, full_at) = match self {
            Self::Idle => {
                let full_at = now.as_micros() + interval;
                let update = update
                    .update_expression("SET tat = :full_at, expires_at = :expires_at")
                    .condition_expression("attribute_not_exists(tat) OR tat <= :now")
                    .expression_attribute_values(":full_at", n(full_at));
                (update, full_at)
            }
            Self::Busy => {
                let update = update
                    .update_expression("SET tat = tat + :interval, expires_at = :expires_at")
                    .condition_expression("tat > :now AND tat <= :limit")
                    .expression_attribute_values(":interval", n(interval))
                    .expression_attribute_values(":limit", n(limit));
                (update, limit + interval)
            }
        };
        update.expression_attribute_values(":expires_at", n(expires_at(full_at)))
    }
}

/// What the write found.
enum Attempt {
    /// Admitted; the bucket's new `tat`.
    Taken(u64),
    /// The condition failed; the `tat` it failed on, where there is an item.
    Refused(Option<u64>),
}

impl RateLimiter {
    /// Buckets named `policy#…` in `table`, each of the size of `quota`.
    #[must_use]
    pub fn new(client: Client, table: String, policy: &'static str, quota: Quota) -> Self {
        Self { client, table, policy, quota, seen: Mutex::new(LruCache::new(REMEMBERED_BUCKETS)) }
    }

    /// Takes a token from the bucket of `holder`, in at most two writes; in none when this instance
    /// already knows that the bucket is empty. Nothing is written for a refused request.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`] when there is no token, [`Error::Unavailable`] when `DynamoDB` cannot be
    /// asked: then nobody is admitted.
    pub async fn take(&self, holder: &impl std::fmt::Display, now: Timestamp) -> Result<Decision, Error> {
        let bucket = format!("{}#{holder}", self.policy);
        let seen = self.seen(&bucket);
        if seen > self.quota.limit(now) {
            return Err(self.refusal(seen, now));
        }
        let first = if seen > now.as_micros() { Form::Busy } else { Form::Idle };
        match self.attempt(first, &bucket, now).await? {
            Attempt::Taken(tat) => Ok(self.decision(tat, now)),
            Attempt::Refused(Some(tat)) if tat > self.quota.limit(now) => Err(self.refusal(tat, now)),
            Attempt::Refused(_) => match self.attempt(first.other(), &bucket, now).await? {
                Attempt::Taken(tat) => Ok(self.decision(tat, now)),
                Attempt::Refused(Some(tat)) => Err(self.refusal(tat, now)),
                Attempt::Refused(None) => Err(Error::Unavailable(Fault::unexpected("the bucket went away"))),
            },
        }
    }

    fn decision(&self, tat: u64, now: Timestamp) -> Decision {
        Decision::new(self.policy, self.quota, tat, now)
    }

    fn refusal(&self, tat: u64, now: Timestamp) -> Error {
        let limits = self.decision(tat, now);
        Error::TooManyRequests { limits, retry_after: limits.retry_after() }
    }

    async fn attempt(&self, form: Form, bucket: &str, now: Timestamp) -> Result<Attempt, Error> {
        let attempt = match self.write(form, bucket, now).await {
            Ok(item) => Attempt::Taken(item.get("tat").and_then(|it| tat(it, now)).ok_or_else(malformed)?),
            Err(error) => match refused_on(error)? {
                None => Attempt::Refused(None),
                Some(stored) => match tat(&stored, now) {
                    Some(tat) => Attempt::Refused(Some(tat)),
                    None => return Err(self.replace(stored, bucket, now).await),
                },
            },
        };
        if let Attempt::Taken(tat) | Attempt::Refused(Some(tat)) = attempt {
            self.remember(bucket, tat);
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
            .client
            .update_item()
            .table_name(&self.table)
            .key("bucket", s(bucket))
            .expression_attribute_values(":now", n(now.as_micros()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(form.of(update, self.quota, now).send().await?.attributes.unwrap_or_default())
    }

    /// Puts an empty bucket in the place of one whose `tat` is none, so that junk lets nobody past the limit,
    /// and keeps nobody out for longer than an empty bucket does. Whoever met it is not admitted.
    async fn replace(&self, junk: AttributeValue, bucket: &str, now: Timestamp) -> Error {
        let full_at = self.quota.limit(now) + self.quota.interval();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("bucket", s(bucket))
            .update_expression("SET tat = :full_at, expires_at = :expires_at")
            .condition_expression("tat = :junk")
            .expression_attribute_values(":full_at", n(full_at))
            .expression_attribute_values(":expires_at", n(expires_at(full_at)))
            .expression_attribute_values(":junk", junk);
        if_condition_held(update.send().await).err().unwrap_or_else(malformed)
    }

    fn seen(&self, bucket: &str) -> u64 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(bucket).copied().unwrap_or(0)
    }

    fn remember(&self, bucket: &str, tat: u64) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let highest = seen.get_or_insert_mut(bucket.to_owned(), || tat);
        *highest = tat.max(*highest);
    }
}

/// What stood as `tat` when a condition failed; every other failure stays one.
fn refused_on(error: SdkError<UpdateItemError>) -> Result<Option<AttributeValue>, Error> {
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(check)) => {
            Ok(check.item().and_then(|item| item.get("tat").cloned()))
        }
        _ => Err(error.into()),
    }
}

fn tat(stored: &AttributeValue, now: Timestamp) -> Option<u64> {
    let tat = stored.as_n().ok()?.parse().ok()?;
    (tat <= (now + FURTHEST).as_micros()).then_some(tat)
}

fn expires_at(full_at: u64) -> u64 {
    Timestamp::from_micros(full_at).as_secs() + KEEP_FULL_BUCKET_SECONDS
}

fn malformed() -> Error {
    Error::Unavailable(Unreadable { table: "RateLimits", attribute: "tat" }.into())
}
