//! Actions that change a member and revoke its sessions.
//!
//! Invariant: an action changes the member first and raises the epoch second. In the other order, a login that verified
//! the old password could read the new epoch, and its session would stay live.
//!
//! A member is named by its email or its number. An action reads the member first and changes it on the condition that
//! it is still the same member. Where the member got another email in between, the action begins again.

use crate::config::{ConfigError, Environment};
use crate::members::{Email, Member, MemberId, MemberRef, Members, Move, PasswordHash};
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

/// How often an action begins again when the member was changed after it was read.
const ATTEMPTS: usize = 5;

/// How a change of the password by a member who knows the current one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordChange {
    /// The member has the new password.
    Changed,
    /// No member has this name.
    NoSuchMember,
    /// The current password is another one.
    WrongPassword,
}

/// How a change of the email ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// The member has the new email.
    Changed,
    /// No member has this name.
    NoSuchMember,
    /// Another member has the email.
    EmailTaken,
}

impl Accounts {
    /// From the environment, on one client of `DynamoDB`.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn from_env(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        Ok(Self {
            members: Members::from_env(environment, dynamodb)?,
            sessions: Sessions::from_env(environment, dynamodb)?,
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

    /// The member with this name.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn get(&self, key: impl Into<MemberRef>) -> Result<Option<Member>, StoreError> {
        match key.into() {
            MemberRef::Email(email) => self.members.get(&email).await,
            MemberRef::Id(id) => self.members.get_by_id(id).await,
        }
    }

    /// Sets the password and revokes the member's sessions. Returns whether there is such a member.
    ///
    /// # Errors
    /// When a call fails. The password may be set by then; the action can be repeated.
    pub async fn set_password(
        &self,
        key: impl Into<MemberRef>,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let changed =
            self.change(key, |member| async move { self.members.set_hash(&member, hash).await }).await?;
        Ok(self.revoke(changed, now).await?.is_some())
    }

    /// Sets the password if `verify` accepts the hash until then, and revokes the member's sessions. The hash is verified
    /// again when the member was changed in between. `verify` gets `None` when no password can match.
    ///
    /// # Errors
    /// When a call fails. The password may be set by then, and a repeated action then finds another password.
    pub async fn change_password<F: Future<Output = bool>>(
        &self,
        key: impl Into<MemberRef>,
        verify: impl Fn(Option<PasswordHash>) -> F,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<PasswordChange, StoreError> {
        let verify = &verify;
        let change = |member: Member| async move {
            if !verify(member.password_hash().cloned()).await {
                return Ok(Some(None));
            }
            Ok(self.members.replace_hash(&member, hash).await?.map(Some))
        };
        Ok(match self.change(key, change).await? {
            None => PasswordChange::NoSuchMember,
            Some(None) => PasswordChange::WrongPassword,
            Some(changed @ Some(_)) => {
                self.revoke(changed, now).await?;
                PasswordChange::Changed
            }
        })
    }

    /// Gives the member another email. The number and the sessions stay. Devices are not trusted any more, because they
    /// are bound to the email and the generation.
    ///
    /// # Errors
    /// When a call fails. The email may be set by then; the action can be repeated.
    pub async fn set_email(
        &self,
        key: impl Into<MemberRef>,
        email: &Email,
    ) -> Result<EmailChange, StoreError> {
        let change = |member: Member| async move {
            if member.email() == email {
                return Ok(Some(EmailChange::Changed));
            }
            Ok(match self.members.relocate(&member, email).await? {
                Move::Moved => Some(EmailChange::Changed),
                Move::EmailTaken => Some(EmailChange::EmailTaken),
                Move::MemberChanged => None,
            })
        };
        Ok(self.change(key, change).await?.unwrap_or(EmailChange::NoSuchMember))
    }

    /// Disables the member and revokes its sessions. Returns whether there is such a member.
    ///
    /// # Errors
    /// When a call fails. The member may be disabled by then; the action can be repeated.
    pub async fn disable(&self, key: impl Into<MemberRef>, now: Timestamp) -> Result<bool, StoreError> {
        let disabled =
            self.change(key, |member| async move { self.members.set_disabled(&member, true).await }).await?;
        Ok(self.revoke(disabled, now).await?.is_some())
    }

    /// Lets a disabled member log in again. Returns whether there is such a member.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn enable(&self, key: impl Into<MemberRef>) -> Result<bool, StoreError> {
        let enabled =
            self.change(key, |member| async move { self.members.set_disabled(&member, false).await }).await?;
        Ok(enabled.is_some())
    }

    /// Disables the member, revokes its sessions and removes it, in this order, so that no session outlives the member
    /// and an interrupted removal can be repeated. Returns whether there was such a member.
    ///
    /// # Errors
    /// When a call fails. The member may be disabled by then.
    pub async fn remove(&self, key: impl Into<MemberRef>, now: Timestamp) -> Result<bool, StoreError> {
        let remove = |member: Member| async move {
            let disabled = self.members.set_disabled(&member, true).await?;
            let Some(disabled) = self.revoke(disabled, now).await? else { return Ok(None) };
            Ok(self.members.delete(&disabled).await?.then_some(()))
        };
        Ok(self.change(key, remove).await?.is_some())
    }

    /// Revokes the member's sessions. Its devices stay trusted. Returns whether there is such a member.
    ///
    /// # Errors
    /// When a call fails. The sessions may be revoked by then; the action can be repeated.
    pub async fn revoke_sessions(
        &self,
        key: impl Into<MemberRef>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let member = self.get(key).await?;
        Ok(self.revoke(member, now).await?.is_some())
    }

    /// Raises the epoch of the member.
    async fn revoke(&self, member: Option<Member>, now: Timestamp) -> Result<Option<Member>, StoreError> {
        if let Some(member) = &member {
            self.sessions.epochs().revoke(member.id(), now).await?;
        }
        Ok(member)
    }

    /// Does `action` to the member. Begins again where the action returns `None`: the member was changed after it was
    /// read. Returns `None` when no member has this name, and when another member has it by then.
    ///
    /// The action is not an `AsyncFn`, because the compiler cannot see that the futures of one are `Send`.
    async fn change<T, F: Future<Output = Result<Option<T>, StoreError>>>(
        &self,
        key: impl Into<MemberRef>,
        action: impl Fn(Member) -> F,
    ) -> Result<Option<T>, StoreError> {
        let (key, mut id) = (key.into(), None);
        for _ in 0..ATTEMPTS {
            let found = self.get(&key).await?.filter(|member| id.is_none_or(|id| id == member.id()));
            let Some(member) = found else { return Ok(None) };
            id = Some(member.id());
            if let Some(done) = action(member).await? {
                return Ok(Some(done));
            }
        }
        Err(StoreError::transient("the member was changed by other actions in every attempt"))
    }
}
