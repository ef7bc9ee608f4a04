//! `DELETE /sessions/`: ends a session, or with `?all=true` revokes all sessions of the member.

use aws_sdk_dynamodb::Client;
use lambda_http::http::Method;
use shared::config::{ConfigError, Environment};
use shared::gateway::audit::{AuditContext, Event};
use shared::gateway::origins::AllowedOrigins;
use shared::gateway::process::Start;
use shared::gateway::{Error, Handler, Request, Response};
use shared::keys::{KeyRing, RingName};
use shared::sessions::{SessionLookup, SessionToken, Sessions};
use shared::timestamp::Timestamp;

/// The logout function.
#[derive(Debug)]
pub struct Logout {
    allowed_origins: AllowedOrigins,
    sessions: Sessions,
    keys: KeyRing,
}

impl Start for Logout {
    fn new(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        Ok(Self {
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            sessions: Sessions::from_env(environment, dynamodb)?,
            keys: KeyRing::from_env(environment, dynamodb, RingName::Sessions)?,
        })
    }

    /// Opens two connections, because a logout makes two calls at the same time. Each read of the key ring opens one
    /// connection.
    async fn warm_up(&self) {
        let now = Timestamp::now();
        tokio::join!(self.keys.warm_up(now), self.keys.warm_up(now));
    }
}

impl Handler for Logout {
    fn method(&self) -> Method {
        Method::DELETE
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        self.allowed_origins.check(request)?;
        let revokes_all = revokes_all(request)?;
        let token = SessionToken::read(request.headers(), &self.keys, request.now()).await?;
        if let Some(token) = token {
            request.audit().set_member(token.member());
        }
        let outcome = match token {
            token if revokes_all => self.revoke_all(request, token).await,
            Some(token) => self.end(request, token).await,
            None => Ok(()),
        };
        let response = match outcome {
            Ok(()) => Response::ok("{}"),
            // Clear the cookie in this case too, because its session is not live.
            Err(Error::NotAuthenticated) => Error::NotAuthenticated.into(),
            Err(other) => return Err(other),
        };
        Ok(response.with_cookie(SessionToken::clear_cookie()))
    }
}

impl Logout {
    async fn end(&self, request: &Request, token: SessionToken) -> Result<(), Error> {
        let ended = self.sessions.end(token, request.now()).await?;
        record(request.audit(), ended, "logout");
        Ok(())
    }

    /// Revokes all sessions of the member, if the request has a live session.
    async fn revoke_all(&self, request: &Request, token: Option<SessionToken>) -> Result<(), Error> {
        let token = token.ok_or(Error::NotAuthenticated)?;
        let found = self.sessions.revoke_all_by(token, request.now()).await?;
        record(request.audit(), found, "logout everywhere");
        if found.live().is_some() { Ok(()) } else { Err(Error::NotAuthenticated) }
    }
}

fn record(audit: &AuditContext, found: SessionLookup, reason: &str) {
    match found {
        SessionLookup::Live(_) => audit.record_because(Event::SessionRevoked, reason),
        SessionLookup::Malformed(item) => audit.malformed(item),
        SessionLookup::Expired | SessionLookup::Revoked | SessionLookup::Missing => {}
    }
}

/// Whether the query is `?all=true`.
fn revokes_all(request: &Request) -> Result<bool, Error> {
    match request.query("all")[..] {
        [] => Ok(false),
        ["true"] => Ok(true),
        _ => Err(Error::InvalidRequest("all must be given once, as true".to_owned())),
    }
}
