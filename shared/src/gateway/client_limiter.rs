//! The rate limit of a route: a bucket for each client.

use crate::config::{ConfigError, Environment};
use crate::gateway::Error;
use crate::gateway::audit::{AuditContext, Event};
use crate::gateway::client::ClientAddress;
use crate::gateway::http::Reply;
use crate::limits::{BucketState, NotAdmitted, RateLimiter};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use lambda_http::Request;

/// The buckets of a route's clients.
#[derive(Debug)]
pub struct ClientLimiter(RateLimiter);

impl ClientLimiter {
    /// The buckets of the route `policy`. The variable `quota` names their quota, with a default.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn from_env(
        environment: &Environment,
        client: &Client,
        policy: &'static str,
        quota: (&'static str, &str),
    ) -> Result<Self, ConfigError> {
        Ok(Self(RateLimiter::from_env(environment, client, policy, quota)?))
    }

    /// The policy's name, which answers report.
    #[must_use]
    pub const fn policy(&self) -> &'static str {
        self.0.policy()
    }

    /// Answers a request with `answer`, if its client's bucket has a token. `lookup` runs while the token is taken, and
    /// `answer` gets its result. Every answer reports the bucket, a refusal too.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the bucket cannot be read or written.
    pub async fn answer<T, F>(
        &self,
        request: &Request,
        now: Timestamp,
        lookup: impl Future<Output = T>,
        answer: impl FnOnce(T) -> F,
    ) -> Result<Reply, Error>
    where
        F: Future<Output = Result<Reply, Error>>,
    {
        let client = ClientAddress::from_request(request);
        // Poll the limiter first: if it refuses from memory, nothing is looked up. A failed lookup must not cancel the
        // limiter's call, because every request is counted.
        let lookup = async { Ok(lookup.await) };
        let (bucket, outcome) = match tokio::try_join!(biased; self.0.take(&client, now), lookup) {
            Ok((bucket, found)) => (bucket, answer(found).await),
            Err(NotAdmitted::Refused(bucket)) => (bucket, Err(self.refusal(request, &bucket, now))),
            Err(NotAdmitted::Failed(cause)) => return Err(cause.into()),
        };
        let reply = outcome.unwrap_or_else(|error| AuditContext::from_request(request, now).reply(error));
        Ok(reply.with_limits(self.policy(), &bucket))
    }

    fn refusal(&self, request: &Request, bucket: &BucketState, now: Timestamp) -> Error {
        let audit = AuditContext::from_request(request, now);
        audit.record_because(Event::ExcessRateLimitExceeded, self.policy());
        Error::TooManyRequests { policy: self.policy(), retry_after: bucket.retry_after() }
    }
}
