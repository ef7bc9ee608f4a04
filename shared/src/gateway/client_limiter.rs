//! The rate limit of a route: a bucket for each client.

use crate::config::{ConfigError, Environment};
use crate::gateway::audit::Event;
use crate::gateway::{Error, Request, Response};
use crate::limits::{BucketState, NotAdmitted, Quota, RateLimiter};
use aws_sdk_dynamodb::Client;

/// The buckets of a route's clients.
#[derive(Debug)]
pub struct ClientLimiter(RateLimiter);

impl ClientLimiter {
    /// The buckets of the route `policy`.
    pub fn from_env(
        environment: &Environment,
        dynamodb: &Client,
        policy: &'static str,
        quota: Quota,
    ) -> Result<Self, ConfigError> {
        Ok(Self(RateLimiter::from_env(environment, dynamodb, policy, quota)?))
    }

    /// The policy's name, which responses report.
    pub const fn policy(&self) -> &'static str {
        self.0.policy()
    }

    /// Answers a request with `answer`, if the client's bucket has a permit. `lookup` runs while the permit is taken,
    /// and its result is passed to `answer`. Every response reports the bucket, even if the request is refused or the
    /// lookup fails.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the bucket cannot be read or written.
    pub async fn answer<T, F>(
        &self,
        request: &Request,
        lookup: impl Future<Output = Result<T, Error>>,
        answer: impl FnOnce(T) -> F,
    ) -> Result<Response, Error>
    where
        F: Future<Output = Result<Response, Error>>,
    {
        // Poll the limiter first: if it refuses from memory, nothing is looked up. A failed lookup must not cancel the
        // limiter's call, because every request is counted.
        let lookup = async { Ok(lookup.await) };
        let client = request.client();
        let (bucket, outcome) = match tokio::try_join!(biased; self.0.take(&client, request.now()), lookup) {
            Ok((bucket, Ok(found))) => (bucket, answer(found).await),
            Ok((bucket, Err(error))) => (bucket, Err(error)),
            Err(NotAdmitted::Refused(bucket)) => (bucket, Err(self.refusal(request, &bucket))),
            Err(NotAdmitted::Failed(cause)) => return Err(cause.into()),
        };
        let response = outcome.unwrap_or_else(|error| request.fail(error));
        Ok(response.with_limits(self.policy(), &bucket))
    }

    fn refusal(&self, request: &Request, bucket: &BucketState) -> Error {
        request.audit().record_because(Event::ExcessRateLimitExceeded, self.policy());
        Error::TooManyRequests { policy: self.policy(), retry_after: bucket.retry_after() }
    }
}
