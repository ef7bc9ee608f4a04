//! The live session of a request, for status and the authorizer.

use crate::config::{ConfigError, Environment};
use crate::gateway::Error;
use crate::gateway::audit::{AuditContext, Event};
use crate::keys::{KeyRing, KeyRingConfig};
use crate::members::MemberId;
use crate::sessions::{Session, SessionLookup, SessionToken, Sessions};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use lambda_http::Request;

/// The sessions, and the ring of keys that sign their cookies.
#[derive(Debug)]
pub struct LiveSessions {
    sessions: Sessions,
    keys: KeyRing,
}

impl LiveSessions {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn from_env(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        Ok(Self {
            sessions: Sessions::from_env(environment, client)?,
            keys: KeyRing::from_env(environment, client, KeyRingConfig::SESSIONS)?,
        })
    }

    /// Reads the key ring ahead of the first request, which also opens a connection.
    pub async fn load_keys(&self) {
        self.keys.load(Timestamp::now()).await;
    }

    /// The live session that the request's cookie opens. It writes nothing, so it can run while the limiter decides.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`] without a live session, [`Error::Unavailable`].
    pub async fn find(&self, request: &Request, now: Timestamp) -> Result<Session, Error> {
        let token = SessionToken::read(request.headers(), &self.keys, now).await?;
        let token = token.ok_or(Error::NotAuthenticated)?;
        let audit = || AuditContext::from_request(request, now).with_member(token.member());
        match self.sessions.find(token, now).await? {
            SessionLookup::Live(session) => return Ok(session),
            SessionLookup::Expired => audit().record(Event::SessionExpired),
            SessionLookup::Malformed(item) => audit().malformed(item),
            SessionLookup::Revoked | SessionLookup::Missing => {}
        }
        Err(Error::NotAuthenticated)
    }

    /// Records that the session is used. Returns its member.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`] when the session was ended since it was found, [`Error::Unavailable`].
    pub async fn touch(&self, session: &Session, now: Timestamp) -> Result<MemberId, Error> {
        let is_live = self.sessions.touch(session, now).await?;
        if is_live { Ok(session.member()) } else { Err(Error::NotAuthenticated) }
    }
}
