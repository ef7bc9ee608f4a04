//! `DELETE /sessions/`: ends a session, or with `?all=true` all sessions of the member.

use aws_sdk_dynamodb::Client;
use lambda_http::http::Method;
use lambda_http::{Request, RequestExt};
use shared::config::{ConfigError, Environment};
use shared::gateway::Error;
use shared::gateway::audit::{AuditContext, Event};
use shared::gateway::client::AllowedOrigins;
use shared::gateway::http::{self, Reply};
use shared::gateway::lambda::Handler;
use shared::keys::{KeyRing, KeyRingConfig};
use shared::sessions::{SessionLookup, SessionToken, Sessions};
use shared::timestamp::Timestamp;

/// The logout function.
#[derive(Debug)]
pub struct Logout {
    allowed_origins: AllowedOrigins,
    sessions: Sessions,
    keys: KeyRing,
}

impl Logout {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        Ok(Self {
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            sessions: Sessions::from_env(environment, client)?,
            keys: KeyRing::from_env(environment, client, KeyRingConfig::SESSIONS)?,
        })
    }

    /// Reads the key ring ahead of the first request, which also opens the connection.
    pub async fn load_keys(&self) {
        self.keys.load(Timestamp::now()).await;
    }

    async fn end(&self, token: SessionToken, request: &Request, now: Timestamp) -> Result<(), Error> {
        let everywhere = request.query_string_parameters().first("all") == Some("true");
        let (ended, reason) = if everywhere {
            (self.sessions.end_all_by(token, now).await?, "logout everywhere")
        } else {
            (self.sessions.end(token, now).await?, "logout")
        };
        let audit = AuditContext::from_request(request).with_member(token.member());
        match ended {
            SessionLookup::Live(_) => audit.record_because(Event::SessionRevoked, reason),
            SessionLookup::Malformed(item) => audit.malformed(item),
            SessionLookup::Expired | SessionLookup::Missing => {}
        }
        Ok(())
    }
}

impl Handler for Logout {
    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        http::require_route(request, &Method::DELETE)?;
        self.allowed_origins.check(request)?;
        if let Some(token) = SessionToken::read(request.headers(), &self.keys, now).await? {
            self.end(token, request, now).await?;
        }
        Ok(Reply::ok("{}").with_cookie(SessionToken::clear_cookie()))
    }
}
