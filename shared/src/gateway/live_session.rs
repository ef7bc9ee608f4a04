//! The live session of a request, for status and the authorizer.

use crate::config::{ConfigError, Environment};
use crate::gateway::audit::Event;
use crate::gateway::{Error, Request};
use crate::keys::{KeyRing, RingName};
use crate::members::MemberId;
use crate::sessions::{Session, SessionLookup, SessionToken, Sessions};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;

/// The sessions, and the key ring that signs their cookies.
#[derive(Debug)]
pub struct LiveSessions {
    sessions: Sessions,
    keys: KeyRing,
}

impl LiveSessions {
    /// The sessions and keys in the tables that `environment` names.
    pub fn from_env(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        Ok(Self {
            sessions: Sessions::from_env(environment, dynamodb)?,
            keys: KeyRing::from_env(environment, dynamodb, RingName::Sessions)?,
        })
    }

    /// Reads the key ring before the first request. This read also opens a connection.
    pub async fn warm_up(&self) {
        self.keys.warm_up(Timestamp::now()).await;
    }

    /// The live session that the request's cookie opens. The lookup writes nothing, so it can run while the limiter
    /// decides.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`] if there is no live session, [`Error::Unavailable`] if a call fails.
    pub async fn get(&self, request: &Request) -> Result<Session, Error> {
        let (audit, now) = (request.audit(), request.now());
        let token = SessionToken::read(request.headers(), &self.keys, now).await?;
        let token = token.ok_or(Error::NotAuthenticated)?;
        audit.set_member(token.member());
        match self.sessions.get(token, now).await? {
            SessionLookup::Live(session) => return Ok(session),
            SessionLookup::Expired => audit.record(Event::SessionExpired),
            SessionLookup::Malformed(item) => audit.malformed(item),
            SessionLookup::Revoked | SessionLookup::Missing => {}
        }
        Err(Error::NotAuthenticated)
    }

    /// Records that the session is used. Returns the session's member.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`] if the session ended after it was read, [`Error::Unavailable`] if a call fails.
    pub async fn touch(&self, request: &Request, session: &Session) -> Result<MemberId, Error> {
        let is_live = self.sessions.touch(session, request.now()).await?;
        if is_live { Ok(session.member) } else { Err(Error::NotAuthenticated) }
    }
}
