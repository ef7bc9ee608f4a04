//! Actions that change a member and revoke its sessions.
//!
//! An action takes a member as read from the table. Each change of the member is one transaction, on the condition that
//! the member is unchanged. If another action changed the member in between, the action reads the member again and
//! decides again. An action never changes another member. If an action fails, its outcome is unknown, and the caller
//! can repeat the action.

use crate::config::{ConfigError, Environment};
use crate::members::{Change, Effect, Email, Member, MemberId, MemberRef, Members, Move, PasswordHash};
use crate::sessions::Sessions;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use std::ops::ControlFlow;

/// The members and their sessions, with the actions that change both.
#[derive(Debug)]
pub struct Accounts {
    members: Members,
    sessions: Sessions,
}

/// How many times an action is tried if other actions keep changing the member.
const ATTEMPTS: usize = 5;

/// The decision about a member's request for a new password.
#[derive(Debug)]
pub enum PasswordDecision {
    /// The submitted current password is right: set this hash.
    Set(PasswordHash),
    /// The new password is already stored: an earlier request set it, and its response was lost.
    AlreadySet,
    /// The submitted current password is wrong.
    Refuse,
}

/// The outcome of a password change by a member who submits the current password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordChange {
    /// The member has the new password.
    Changed,
    /// The member was removed.
    NoSuchMember,
    /// The submitted current password is wrong.
    WrongPassword,
}

/// The outcome of an email change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailChange {
    /// The member has the new email.
    Changed,
    /// The member was removed.
    NoSuchMember,
    /// Another member has the email.
    EmailTaken,
}

impl Accounts {
    /// Reads the settings from `environment`; all calls go through `dynamodb`.
    pub fn from_env(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        Ok(Self {
            members: Members::from_env(environment, dynamodb)?,
            sessions: Sessions::from_env(environment, dynamodb)?,
        })
    }

    /// Accounts with these members and these sessions.
    pub const fn new(members: Members, sessions: Sessions) -> Self {
        Self { members, sessions }
    }

    /// The members.
    pub const fn members(&self) -> &Members {
        &self.members
    }

    /// The sessions.
    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Adds a member with the next free id. Returns `None` if the email already has a member.
    pub async fn add(
        &self,
        email: &Email,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<MemberId>, StoreError> {
        self.members.add(email, Some(hash), now).await
    }

    /// The member with this email or id.
    pub async fn get(&self, member: impl Into<MemberRef>) -> Result<Option<Member>, StoreError> {
        match member.into() {
            MemberRef::Email(email) => self.members.get(&email).await,
            MemberRef::Id(id) => self.members.get_by_id(id).await,
        }
    }

    /// Sets the password and revokes the member's sessions. Returns whether the member still exists.
    pub async fn set_password(
        &self,
        member: &Member,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let change = Change::new(Effect::Revoke(now));
        let set = |member| async move { self.members.set_hash(&member, hash, change).await };
        Ok(self.change(member, set).await?.is_some())
    }

    /// Sets the password if `decide` says so, and revokes the member's sessions. `decide` gets the stored hash, or
    /// `None` if no password can match, and is called again if the member was changed in between.
    pub async fn change_password<F: Future<Output = PasswordDecision>>(
        &self,
        member: &Member,
        decide: impl Fn(Option<PasswordHash>) -> F,
        now: Timestamp,
    ) -> Result<PasswordChange, StoreError> {
        let (decide, change) = (&decide, Change::new(Effect::Revoke(now)));
        let replace = |member: Member| async move {
            let hash = match decide(member.password_hash().cloned()).await {
                PasswordDecision::Set(hash) => hash,
                PasswordDecision::AlreadySet => return Ok(ControlFlow::Break(PasswordChange::Changed)),
                PasswordDecision::Refuse => return Ok(ControlFlow::Break(PasswordChange::WrongPassword)),
            };
            let set = self.members.set_hash(&member, &hash, change).await?;
            Ok(set.map_break(|()| PasswordChange::Changed))
        };
        Ok(self.change(member, replace).await?.unwrap_or(PasswordChange::NoSuchMember))
    }

    /// Changes the member's email. The member keeps the id and the sessions. Devices lose their trust, because a device
    /// cookie is bound to the email and the generation.
    pub async fn set_email(&self, member: &Member, email: &Email) -> Result<EmailChange, StoreError> {
        let change = Change::new(Effect::Keep);
        let relocate = |member: Member| async move {
            if member.email() == email {
                return Ok(ControlFlow::Break(EmailChange::Changed));
            }
            let relocated = self.members.relocate(&member, email, change).await?;
            Ok(relocated.map_break(|end| match end {
                Move::Moved => EmailChange::Changed,
                Move::EmailTaken => EmailChange::EmailTaken,
            }))
        };
        Ok(self.change(member, relocate).await?.unwrap_or(EmailChange::NoSuchMember))
    }

    /// Disables the member and revokes its sessions. Returns whether the member still exists.
    pub async fn disable(&self, member: &Member, now: Timestamp) -> Result<bool, StoreError> {
        self.set_disabled(member, true, Effect::Revoke(now)).await
    }

    /// Lets a disabled member log in again. Returns whether the member still exists.
    pub async fn enable(&self, member: &Member) -> Result<bool, StoreError> {
        self.set_disabled(member, false, Effect::Keep).await
    }

    async fn set_disabled(
        &self,
        member: &Member,
        disabled: bool,
        effect: Effect,
    ) -> Result<bool, StoreError> {
        let change = Change::new(effect);
        let set = |member| async move { self.members.set_disabled(&member, disabled, change).await };
        Ok(self.change(member, set).await?.is_some())
    }

    /// Removes the member and revokes its sessions. Also succeeds if the member is already missing, because an earlier
    /// attempt or another action removed it.
    pub async fn remove(&self, member: &Member, now: Timestamp) -> Result<(), StoreError> {
        let change = Change::new(Effect::Remove(now));
        let remove = |member| async move { self.members.remove(&member, change).await };
        self.change(member, remove).await.map(drop)
    }

    /// Revokes the member's sessions. Its devices stay trusted.
    pub async fn revoke_sessions(&self, member: &Member, now: Timestamp) -> Result<(), StoreError> {
        self.sessions.epochs().revoke(member.id(), now).await
    }

    /// Applies `action` to the member as it was read. If the member was changed in between (`Continue`), reads the
    /// member and applies `action` again. Returns `None` if the member was removed.
    ///
    /// `action` is not an `AsyncFn`, because the compiler cannot prove that the futures of an `AsyncFn` are `Send`.
    async fn change<T, F: Future<Output = Result<ControlFlow<T>, StoreError>>>(
        &self,
        member: &Member,
        action: impl Fn(Member) -> F,
    ) -> Result<Option<T>, StoreError> {
        let mut current = member.clone();
        for _ in 0..ATTEMPTS {
            if let ControlFlow::Break(done) = action(current).await? {
                return Ok(Some(done));
            }
            let Some(changed) = self.members.get_again(member).await? else { return Ok(None) };
            current = changed;
        }
        Err(StoreError::transient("the member was changed by other actions in every attempt"))
    }
}
