//! Actions that change a member and end its sessions.
//!
//! Invariant: an action changes the member first and ends the sessions second. In the other order, a login with the old
//! password could start a session in between.

use crate::config::{ConfigError, Environment};
use crate::members::{Email, Members, PasswordHash};
use crate::sessions::Sessions;
use crate::store::StoreError;
use aws_sdk_dynamodb::Client;

/// The members and their sessions.
#[derive(Debug)]
pub struct Accounts {
    members: Members,
    sessions: Sessions,
}

impl Accounts {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn from_env(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        Ok(Self {
            members: Members::from_env(environment, client)?,
            sessions: Sessions::from_env(environment, client)?,
        })
    }

    /// These members and these sessions.
    #[must_use]
    pub const fn new(members: Members, sessions: Sessions) -> Self {
        Self { members, sessions }
    }

    /// The members.
    #[must_use]
    pub const fn members(&self) -> &Members {
        &self.members
    }

    /// The sessions.
    #[must_use]
    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Sets the password and ends the member's sessions. Returns whether there is such a member.
    ///
    /// # Errors
    /// When a call fails. The password may be set by then; the action can be repeated.
    pub async fn set_password(&self, email: &Email, hash: &PasswordHash) -> Result<bool, StoreError> {
        let Some(member) = self.members.set_hash(email, hash).await? else { return Ok(false) };
        self.sessions.end_all(member.id()).await?;
        Ok(true)
    }

    /// Disables the member and ends its sessions. Returns whether there is such a member.
    ///
    /// # Errors
    /// When a call fails. The member may be disabled by then; the action can be repeated.
    pub async fn disable(&self, email: &Email) -> Result<bool, StoreError> {
        let Some(member) = self.members.set_disabled(email, true).await? else { return Ok(false) };
        self.sessions.end_all(member.id()).await?;
        Ok(true)
    }

    /// Lets a disabled member log in again. Returns whether there is such a member.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn enable(&self, email: &Email) -> Result<bool, StoreError> {
        Ok(self.members.set_disabled(email, false).await?.is_some())
    }

    /// Disables the member, ends its sessions and removes it, in this order, so that no session outlives the member and
    /// an interrupted removal can be repeated. Returns whether there was such a member.
    ///
    /// # Errors
    /// When a call fails. The member may be disabled by then.
    pub async fn remove(&self, email: &Email) -> Result<bool, StoreError> {
        let Some(member) = self.members.set_disabled(email, true).await? else { return Ok(false) };
        self.sessions.end_all(member.id()).await?;
        self.members.delete(&member).await?;
        Ok(true)
    }

    /// Ends the member's sessions, and makes a login in progress fail. Returns whether there is such a member.
    ///
    /// # Errors
    /// When a call fails. Some sessions may have ended by then; the action can be repeated.
    pub async fn end_sessions(&self, email: &Email) -> Result<bool, StoreError> {
        let Some(member) = self.members.raise_generation(email).await? else { return Ok(false) };
        self.sessions.end_all(member.id()).await?;
        Ok(true)
    }
}
