//! `GET /sessions/`: whose session it is.

use aws_sdk_dynamodb::Client;
use lambda_http::Request;
use lambda_http::http::Method;
use shared::audit::{Event, Trail};
use shared::client::ClientAddress;
use shared::config::{ConfigError, Environment};
use shared::error::Error;
use shared::http::{self, Reply};
use shared::lambda::Handler;
use shared::lifespan::Lifespans;
use shared::rate_limit::RateLimiter;
use shared::session::{Found, Session};
use shared::session_token::SessionToken;
use shared::sessions::Sessions;
use shared::signing_keys::{Ring, SigningKeys};
use shared::timestamp::Timestamp;

/// The status function.
#[derive(Debug)]
pub struct Status {
    limiter: RateLimiter,
    sessions: Sessions,
    signing_keys: SigningKeys,
}

impl Status {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        let lifespans = Lifespans::from_environment(environment)?;
        let quota = environment.parsed("STATUS_QUOTA", "10/60")?;
        let rate_limits = environment.table("RATE_LIMITS_TABLE")?;
        Ok(Self {
            limiter: RateLimiter::new(client.clone(), rate_limits, "status", quota),
            sessions: Sessions::new(client.clone(), environment.table("SESSIONS_TABLE")?, lifespans),
            signing_keys: SigningKeys::new(
                client.clone(),
                environment.table("SIGNING_KEYS_TABLE")?,
                Ring::SESSIONS,
            ),
        })
    }

    /// What can be done before the first request.
    pub async fn warm_up(&self) {
        self.signing_keys.warm_up(Timestamp::now()).await;
    }

    async fn find(&self, request: &Request, now: Timestamp) -> Result<Session, Error> {
        let token = SessionToken::read(request.headers(), &self.signing_keys, now).await?;
        let token = token.ok_or(Error::NotAuthenticated)?;
        let found = self.sessions.find(token, now).await?;
        if let Found::Expired = found {
            Trail::of(request).of_member(token.member()).record(Event::SessionExpired);
        }
        found.live().ok_or(Error::NotAuthenticated)
    }

    async fn who_am_i(&self, session: Session, now: Timestamp) -> Result<Reply, Error> {
        let is_live = self.sessions.touch(&session, now).await?;
        let member_id = Some(session.member()).filter(|_| is_live).ok_or(Error::NotAuthenticated)?;
        Ok(Reply::ok(format!("{{\"memberId\":{}}}", member_id.get())))
    }
}

impl Handler for Status {
    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        http::expect(request, &Method::GET)?;
        let client = ClientAddress::of(request);
        // One round trip for both. The bucket is asked first, and whom it refuses at once asks no more; what
        // is found never stops the asking, for a request counts whatever its cookie.
        let found = async { Ok(self.find(request, now).await) };
        let (limits, found) = tokio::try_join!(biased; self.limiter.take(&client, now), found)?;
        let reply = async { self.who_am_i(found?, now).await };
        Ok(reply.await.unwrap_or_else(|error| Trail::of(request).reply(error)).with_limits(&limits))
    }
}
