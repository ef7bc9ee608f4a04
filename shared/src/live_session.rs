//! Whose live session a request comes with: what status tells its client, and the authorizer the gateway.

use crate::audit::{Event, Trail};
use crate::config::{ConfigError, Environment};
use crate::error::Error;
use crate::lifespan::Lifespans;
use crate::member::MemberId;
use crate::session::{Found, Session};
use crate::session_token::SessionToken;
use crate::sessions::Sessions;
use crate::signing_keys::{Ring, SigningKeys};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use lambda_http::Request;

/// The sessions, and the keys that their cookies are signed with.
#[derive(Debug)]
pub struct LiveSessions {
    sessions: Sessions,
    signing_keys: SigningKeys,
}

impl LiveSessions {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        let lifespans = Lifespans::from_environment(environment)?;
        let signing_keys = environment.table("SIGNING_KEYS_TABLE")?;
        Ok(Self {
            sessions: Sessions::new(client.clone(), environment.table("SESSIONS_TABLE")?, lifespans),
            signing_keys: SigningKeys::new(client.clone(), signing_keys, Ring::SESSIONS),
        })
    }

    /// What can be done before the first request.
    pub async fn warm_up(&self) {
        self.signing_keys.warm_up(Timestamp::now()).await;
    }

    /// The live session that the request's cookie opens. Nothing is written, so this can be asked before it
    /// is known whether the request is let in.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`] where there is none, [`Error::Unavailable`].
    pub async fn find(&self, request: &Request, now: Timestamp) -> Result<Session, Error> {
        let token = SessionToken::read(request.headers(), &self.signing_keys, now).await?;
        let token = token.ok_or(Error::NotAuthenticated)?;
        let found = self.sessions.find(token, now).await?;
        let trail = Trail::of(request).of_member(token.member());
        match found {
            Found::Expired => trail.record(Event::SessionExpired),
            Found::Unreadable(unreadable) => trail.unreadable(unreadable),
            Found::Live(_) | Found::Nothing => {}
        }
        found.live().ok_or(Error::NotAuthenticated)
    }

    /// Notes that the session was used, and tells whose it is.
    ///
    /// # Errors
    /// [`Error::NotAuthenticated`] where it was ended since it was found, [`Error::Unavailable`].
    pub async fn touch(&self, session: &Session, now: Timestamp) -> Result<MemberId, Error> {
        let is_live = self.sessions.touch(session, now).await?;
        if is_live { Ok(session.member()) } else { Err(Error::NotAuthenticated) }
    }
}
