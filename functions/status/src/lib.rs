//! `GET /sessions/`: whose session it is.

use aws_sdk_dynamodb::Client;
use lambda_http::Request;
use lambda_http::http::Method;
use shared::audit::Trail;
use shared::client::ClientAddress;
use shared::config::{ConfigError, Environment};
use shared::error::Error;
use shared::http::{self, Reply};
use shared::lambda::Handler;
use shared::live_session::LiveSessions;
use shared::rate_limit::RateLimiter;
use shared::session::Session;
use shared::timestamp::Timestamp;

/// The status function.
#[derive(Debug)]
pub struct Status {
    limiter: RateLimiter,
    live_sessions: LiveSessions,
}

impl Status {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        let quota = environment.parsed("STATUS_QUOTA", "10/60")?;
        let rate_limits = environment.table("RATE_LIMITS_TABLE")?;
        Ok(Self {
            limiter: RateLimiter::new(client.clone(), rate_limits, "status", quota),
            live_sessions: LiveSessions::new(environment, client)?,
        })
    }

    /// What can be done before the first request. The ring is read twice at once, so that two connections are
    /// open: the first request makes two calls at once.
    pub async fn warm_up(&self) {
        tokio::join!(self.live_sessions.warm_up(), self.live_sessions.warm_up());
    }

    async fn who_am_i(&self, session: &Session, now: Timestamp) -> Result<Reply, Error> {
        let member = self.live_sessions.touch(session, now).await?;
        Ok(Reply::ok(format!("{{\"memberId\":{}}}", member.get())))
    }
}

impl Handler for Status {
    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        http::expect(request, &Method::GET)?;
        let client = ClientAddress::of(request);
        // One round trip for both. The bucket is asked first, and whom it refuses at once asks no more; what
        // is found never stops the asking, for a request counts whatever its cookie.
        let found = async { Ok(self.live_sessions.find(request, now).await) };
        let (limits, found) = tokio::try_join!(biased; self.limiter.take(&client, now), found)?;
        let reply = async { self.who_am_i(&found?, now).await };
        Ok(reply.await.unwrap_or_else(|error| Trail::of(request).reply(error)).with_limits(&limits))
    }
}
