//! Actions that change a member and revoke its sessions.
//!
//! Invariant: an action changes the member first and raises the epoch second. In the other order, a login that verified
//! the old password could read the new epoch, and its session would stay live.

use crate::config::{ConfigError, Environment};
use crate::members::{Email, Member, MemberId, Members, PasswordHash};
use crate::sessions::Sessions;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
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

    /// Adds a member with the next number; `None` when the email has a member already.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn add(
        &self,
        email: &Email,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<MemberId>, StoreError> {
        self.members.add(self.sessions.epochs(), email, hash, now).await
    }

    /// Sets the password and revokes the member's sessions. Returns whether there is such a member.
    ///
    /// # Errors
    /// When a call fails. The password may be set by then; the action can be repeated.
    pub async fn set_password(
        &self,
        email: &Email,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(member) = self.members.set_hash(email, hash).await? else { return Ok(false) };
        self.sessions.epochs().raise(member.id(), now).await?;
        Ok(true)
    }

    /// Disables the member and revokes its sessions. Returns whether there is such a member.
    ///
    /// # Errors
    /// When a call fails. The member may be disabled by then; the action can be repeated.
    pub async fn disable(&self, email: &Email, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.disabled(email, now).await?.is_some())
    }

    /// Lets a disabled member log in again. Returns whether there is such a member.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn enable(&self, email: &Email) -> Result<bool, StoreError> {
        Ok(self.members.set_disabled(email, false).await?.is_some())
    }

    /// Disables the member, revokes its sessions and removes it, in this order, so that no session outlives the member
    /// and an interrupted removal can be repeated. Returns whether there was such a member.
    ///
    /// # Errors
    /// When a call fails. The member may be disabled by then.
    pub async fn remove(&self, email: &Email, now: Timestamp) -> Result<bool, StoreError> {
        let Some(member) = self.disabled(email, now).await? else { return Ok(false) };
        self.members.delete(&member).await?;
        Ok(true)
    }

    /// Revokes the member's sessions. Its devices stay trusted. Returns whether there is such a member.
    ///
    /// # Errors
    /// When a call fails. The sessions may be revoked by then; the action can be repeated.
    pub async fn end_sessions(&self, email: &Email, now: Timestamp) -> Result<bool, StoreError> {
        let Some(member) = self.members.find(email).await? else { return Ok(false) };
        self.sessions.epochs().raise(member.id(), now).await?;
        Ok(true)
    }

    async fn disabled(&self, email: &Email, now: Timestamp) -> Result<Option<Member>, StoreError> {
        let Some(member) = self.members.set_disabled(email, true).await? else { return Ok(None) };
        self.sessions.epochs().raise(member.id(), now).await?;
        Ok(Some(member))
    }
}
