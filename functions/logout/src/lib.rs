//! `DELETE /sessions/`: ends a session, or with `?all=true` revokes all sessions of the member.

use aws_sdk_dynamodb::Client;
use lambda_http::http::Method;
use lambda_http::{Request, RequestExt};
use shared::config::{ConfigError, Environment};
use shared::gateway::Error;
use shared::gateway::audit::{AuditContext, Event};
use shared::gateway::client::AllowedOrigins;
use shared::gateway::http::Reply;
use shared::gateway::lambda::Handler;
use shared::gateway::proxy::TrustedProxy;
use shared::keys::{KeyRing, KeyRingConfig};
use shared::sessions::{SessionLookup, SessionToken, Sessions};
use shared::timestamp::Timestamp;

/// The logout function.
#[derive(Debug)]
pub struct Logout {
    proxy: TrustedProxy,
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
            proxy: TrustedProxy::from_env(environment)?,
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            sessions: Sessions::from_env(environment, client)?,
            keys: KeyRing::from_env(environment, client, KeyRingConfig::SESSIONS)?,
        })
    }

    /// Reads the key ring ahead of the first request, which also opens the connection.
    pub async fn load_keys(&self) {
        self.keys.load(Timestamp::now()).await;
    }

    /// Ends the session, if there is one.
    async fn end(&self, token: SessionToken, request: &Request, now: Timestamp) -> Result<(), Error> {
        let ended = self.sessions.end(token, now).await?;
        record(ended, token, (request, now), "logout");
        Ok(())
    }

    /// Revokes all sessions of the member, if the request has a live one.
    async fn end_all(
        &self,
        token: Option<SessionToken>,
        request: &Request,
        now: Timestamp,
    ) -> Result<(), Error> {
        let token = token.ok_or(Error::NotAuthenticated)?;
        let found = self.sessions.revoke_all_by(token, now).await?;
        record(found, token, (request, now), "logout everywhere");
        if found.live().is_some() { Ok(()) } else { Err(Error::NotAuthenticated) }
    }
}

fn record(found: SessionLookup, token: SessionToken, (request, now): (&Request, Timestamp), reason: &str) {
    let audit = AuditContext::from_request(request, now).with_member(token.member());
    match found {
        SessionLookup::Live(_) => audit.record_because(Event::SessionRevoked, reason),
        SessionLookup::Malformed(item) => audit.malformed(item),
        SessionLookup::Expired | SessionLookup::Revoked | SessionLookup::Missing => {}
    }
}

/// Whether the query asks for the end of all sessions: `?all=true`.
fn asks_for_all(request: &Request) -> Result<bool, Error> {
    let query = request.query_string_parameters();
    match query.all("all").unwrap_or_default()[..] {
        [] => Ok(false),
        ["true"] => Ok(true),
        _ => Err(Error::InvalidRequest("all must be true, once".to_owned())),
    }
}

impl Handler for Logout {
    fn method(&self) -> &Method {
        &Method::DELETE
    }

    fn proxy(&self) -> &TrustedProxy {
        &self.proxy
    }

    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        self.allowed_origins.check(request)?;
        let all = asks_for_all(request)?;
        let token = SessionToken::read(request.headers(), &self.keys, now).await?;
        let outcome = match token {
            token if all => self.end_all(token, request, now).await,
            Some(token) => self.end(token, request, now).await,
            None => Ok(()),
        };
        let reply = match outcome {
            Ok(()) => Reply::ok("{}"),
            // The cookie opens nothing any more.
            Err(Error::NotAuthenticated) => Error::NotAuthenticated.into(),
            Err(other) => return Err(other),
        };
        Ok(reply.with_cookie(SessionToken::clear_cookie()))
    }
}
