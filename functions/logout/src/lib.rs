//! `DELETE /sessions/`: the end of a session, or with `?all=true` of all the member's.

use aws_sdk_dynamodb::Client;
use lambda_http::http::Method;
use lambda_http::{Request, RequestExt};
use shared::audit::{Event, Trail};
use shared::client::AllowedOrigins;
use shared::config::{ConfigError, Environment};
use shared::error::Error;
use shared::http::{self, Reply};
use shared::lambda::Handler;
use shared::lifespan::Lifespans;
use shared::session::Found;
use shared::session_token::SessionToken;
use shared::sessions::Sessions;
use shared::signing_keys::{Ring, SigningKeys};
use shared::timestamp::Timestamp;

/// The logout function.
#[derive(Debug)]
pub struct Logout {
    allowed_origins: AllowedOrigins,
    sessions: Sessions,
    signing_keys: SigningKeys,
}

impl Logout {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        let lifespans = Lifespans::from_environment(environment)?;
        Ok(Self {
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
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

    async fn end(&self, token: SessionToken, request: &Request, now: Timestamp) -> Result<(), Error> {
        let everywhere = request.query_string_parameters().first("all") == Some("true");
        let trail = Trail::of(request).of_member(token.member());
        if !everywhere {
            self.sessions.end(token).await?;
            trail.record_because(Event::SessionRevoked, "logout");
            return Ok(());
        }
        match self.sessions.end_all_by(token, now).await? {
            Found::Live(_) => trail.record_because(Event::SessionRevoked, "logout everywhere"),
            Found::Unreadable(unreadable) => trail.unreadable(unreadable),
            Found::Expired | Found::Nothing => {}
        }
        Ok(())
    }
}

impl Handler for Logout {
    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        http::expect(request, &Method::DELETE)?;
        self.allowed_origins.check(request)?;
        if let Some(token) = SessionToken::read(request.headers(), &self.signing_keys, now).await? {
            self.end(token, request, now).await?;
        }
        Ok(Reply::ok("{}").with_cookie(SessionToken::clear_cookie()))
    }
}
