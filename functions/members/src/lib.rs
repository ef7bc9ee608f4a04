//! Lets the application add and change its members. The function has no route: the application invokes it with JSON, and
//! IAM alone decides who may.

pub mod request;
pub mod response;

use aws_sdk_dynamodb::Client;
use lambda_runtime::LambdaEvent;
use request::Request;
use response::{Error, Response};
use serde_json::value::RawValue;
use shared::accounts::{Accounts, EmailChange, PasswordChange};
use shared::config::{ConfigError, Environment};
use shared::gateway::audit::{AuditContext, Event};
use shared::gateway::deadline;
use shared::gateway::process::{Function, Start};
use shared::limits::{NotAdmitted, RateLimiter};
use shared::members::{
    Cost, Email, Member, MemberId, MemberRef, Password, PasswordHash, PasswordHasher, PasswordPolicy,
};
use shared::sessions::SessionHash;
use shared::timestamp::Timestamp;

/// The members function.
#[derive(Debug)]
pub struct MembersFunction {
    accounts: Accounts,
    policy: PasswordPolicy,
    passwords: PasswordHasher,
    changes: RateLimiter,
}

impl Start for MembersFunction {
    fn new(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        let quota = ("ACCOUNT_QUOTA", "10/3600");
        Ok(Self {
            accounts: Accounts::from_env(environment, dynamodb)?,
            policy: PasswordPolicy::from_env(environment)?,
            passwords: PasswordHasher::new(environment.parsed("BCRYPT_COST", "12")?),
            changes: RateLimiter::from_env(environment, dynamodb, "change", quota)?.refundable(),
        })
    }

    /// Does nothing, because the application waits for no page.
    async fn warm_up(&self) {}
}

impl Function for MembersFunction {
    type Output = Response;

    async fn invoke(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Response, lambda_runtime::Error> {
        Ok(self.respond(&event.payload, &event.context.request_id, Timestamp::now()).await)
    }
}

impl MembersFunction {
    /// The same with hashes of another cost than `BCRYPT_COST`, for tests.
    #[must_use]
    pub fn with_cost(self, cost: Cost) -> Self {
        Self { passwords: PasswordHasher::new(cost), ..self }
    }

    /// The bcrypt rounds computed so far; see [`PasswordHasher::rounds`].
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.passwords.rounds()
    }

    /// The answer to the invocation `request_id` with this payload.
    pub async fn respond(&self, payload: &RawValue, request_id: &str, now: Timestamp) -> Response {
        let audit = AuditContext::from_invocation(request_id, now);
        let outcome = deadline::limit(Box::pin(self.act(payload.get(), &audit, now))).await;
        if let Err(Error::Unavailable(cause)) = &outcome {
            audit.record_because(Event::Unavailable, &cause.to_string());
        }
        outcome.unwrap_or_else(Response::Failed)
    }

    async fn act(&self, payload: &str, audit: &AuditContext, now: Timestamp) -> Result<Response, Error> {
        match Request::parse(payload).map_err(Error::InvalidRequest)? {
            Request::Add { email, password } => self.add(&email, &password, audit, now).await,
            Request::Find(key) => Ok(Response::from(&self.read(&key, "find", audit).await?)),
            Request::Sessions { member, limit, cursor } => {
                let member = self.read(&member, "sessions", audit).await?;
                Ok(self.accounts.sessions().page(member.id(), cursor, limit, now).await?.into())
            }
            Request::SetPassword { member, password, current: None } => {
                self.set_password(&member, &password, audit, now).await
            }
            Request::SetPassword { member, password, current: Some(current) } => {
                self.change_password(&member, &current, &password, audit, now).await
            }
            Request::SetEmail { member, email } => self.set_email(member, &email, audit).await,
            Request::EndSession { member, id } => self.end_session(&member, id, audit).await,
            Request::EndSessions(key) => {
                let member = self.find(&key).await?;
                let found = self.accounts.revoke_sessions(&key, now).await?;
                done(found, &member, audit, (Event::SessionRevoked, "all sessions"))
            }
            Request::Disable(key) => {
                let member = self.find(&key).await?;
                let found = self.accounts.disable(&key, now).await?;
                done(found, &member, audit, (Event::UserUpdated, "disabled"))
            }
            Request::Enable(key) => {
                let member = self.find(&key).await?;
                let found = self.accounts.enable(&key).await?;
                done(found, &member, audit, (Event::UserUpdated, "enabled"))
            }
            Request::Remove(key) => {
                let member = self.find(&key).await?;
                let found = self.accounts.remove(&key, now).await?;
                done(found, &member, audit, (Event::UserDeleted, "removed"))
            }
        }
    }

    /// The email is looked up before the password is hashed, to refuse a taken one quickly. The condition of the write
    /// decides.
    async fn add(
        &self,
        email: &Email,
        password: &Password,
        audit: &AuditContext,
        now: Timestamp,
    ) -> Result<Response, Error> {
        self.policy.check(password, email).map_err(Error::WeakPassword)?;
        if self.accounts.get(email).await?.is_some() {
            return Err(Error::EmailTaken);
        }
        let hash = self.hash(password).await;
        let member_id = self.accounts.add(email, &hash, now).await?.ok_or(Error::EmailTaken)?;
        audit.set_member(member_id);
        audit.record(Event::UserCreated);
        Ok(Response::Added { member_id })
    }

    async fn set_password(
        &self,
        key: &MemberRef,
        password: &Password,
        audit: &AuditContext,
        now: Timestamp,
    ) -> Result<Response, Error> {
        let member = self.find(key).await?;
        self.policy.check(password, member.email()).map_err(Error::WeakPassword)?;
        let found = self.accounts.set_password(key, &self.hash(password).await, now).await?;
        done(found, &member, audit, (Event::AuthnPasswordChange, "by the application"))
    }

    /// Sets the password of a member who must know the current one. A token is taken before the password is verified and
    /// comes back when it matched.
    async fn change_password(
        &self,
        key: &MemberRef,
        current: &Password,
        password: &Password,
        audit: &AuditContext,
        now: Timestamp,
    ) -> Result<Response, Error> {
        let member = self.find(key).await?;
        audit.set_member(member.id());
        self.policy.check(password, member.email()).map_err(Error::WeakPassword)?;
        self.take(&member, audit, now).await?;
        let hash = self.hash(password).await;
        let verify = |stored: Option<PasswordHash>| async move {
            deadline::uncounted(self.passwords.matches(current, stored.as_ref())).await
        };
        match self.accounts.change_password(key, verify, &hash, now).await? {
            PasswordChange::NoSuchMember => Err(Error::NoSuchMember),
            PasswordChange::WrongPassword => {
                audit.record_because(Event::AuthnPasswordChangeFail, "wrong current password");
                Err(Error::InvalidCredentials)
            }
            PasswordChange::Changed => {
                audit.record_because(Event::AuthnPasswordChange, "by the member");
                self.changes.refund(&member.id().get(), now).await;
                Ok(Response::Done {})
            }
        }
    }

    async fn take(&self, member: &Member, audit: &AuditContext, now: Timestamp) -> Result<(), Error> {
        match self.changes.take(&member.id().get(), now).await {
            Ok(_) => Ok(()),
            Err(NotAdmitted::Failed(cause)) => Err(cause.into()),
            Err(NotAdmitted::Refused(bucket)) => {
                audit.record_because(Event::AuthnPasswordChangeFail, "too many attempts");
                Err(Error::TooManyRequests { retry_after: bucket.retry_after() })
            }
        }
    }

    async fn set_email(&self, id: MemberId, email: &Email, audit: &AuditContext) -> Result<Response, Error> {
        match self.accounts.set_email(id, email).await? {
            EmailChange::NoSuchMember => Err(Error::NoSuchMember),
            EmailChange::EmailTaken => Err(Error::EmailTaken),
            EmailChange::Changed => {
                audit.set_member(id);
                audit.record_because(Event::UserUpdated, "email");
                Ok(Response::Done {})
            }
        }
    }

    async fn end_session(
        &self,
        key: &MemberRef,
        session: SessionHash,
        audit: &AuditContext,
    ) -> Result<Response, Error> {
        let member = self.find(key).await?;
        if self.accounts.sessions().end_one(member.id(), session).await? {
            audit.set_member(member.id());
            audit.record_because(Event::SessionRevoked, "one session");
        }
        Ok(Response::Done {})
    }

    async fn find(&self, key: &MemberRef) -> Result<Member, Error> {
        self.accounts.get(key).await?.ok_or(Error::NoSuchMember)
    }

    /// The member whose data is shown to the application.
    async fn read(&self, key: &MemberRef, what: &str, audit: &AuditContext) -> Result<Member, Error> {
        let member = self.find(key).await?;
        audit.set_member(member.id());
        audit.record_because(Event::SensitiveRead, what);
        Ok(member)
    }

    async fn hash(&self, password: &Password) -> PasswordHash {
        let hash = deadline::uncounted(self.passwords.hash(password)).await;
        hash.expect("the policy refuses what bcrypt would not read whole")
    }
}

/// The end of an action. The member may have been removed after it was looked up.
fn done(
    found: bool,
    member: &Member,
    audit: &AuditContext,
    (event, reason): (Event, &str),
) -> Result<Response, Error> {
    if !found {
        return Err(Error::NoSuchMember);
    }
    audit.set_member(member.id());
    audit.record_because(event, reason);
    Ok(Response::Done {})
}
