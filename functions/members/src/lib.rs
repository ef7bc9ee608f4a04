//! Lets the application add and change its members. The function has no route: the application invokes it with JSON,
//! and IAM alone decides which callers may do so.

pub mod request;
pub mod response;

use aws_sdk_dynamodb::Client;
use lambda_runtime::LambdaEvent;
use request::Request;
use response::{Error, Response};
use serde_json::value::RawValue;
use shared::accounts::{Accounts, EmailChange, PasswordChange, PasswordDecision};
use shared::config::{ConfigError, Environment};
use shared::gateway::audit::{AuditContext, Event};
use shared::gateway::deadline;
use shared::gateway::process::{Function, Start};
use shared::limits::{NotAdmitted, RateLimiter};
use shared::members::{
    Cost, Email, Member, MemberRef, Password, PasswordHash, PasswordHasher, PasswordPolicy,
};
use shared::sessions::SessionHash;
use shared::store;
use shared::timestamp::Timestamp;
use std::time::Duration;

/// The longest time of a call with its retries. If the response to a transaction is lost, `DynamoDB` can report the
/// transaction as in progress for 5 seconds after the first attempt.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);

/// The longest wait of an invocation for all its calls together.
const LONGEST_WAIT: Duration = Duration::from_secs(12);

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
        let dynamodb = &store::with_operation_timeout(dynamodb, OPERATION_TIMEOUT);
        let quota = environment.parsed("ACCOUNT_QUOTA", "10/3600")?;
        Ok(Self {
            accounts: Accounts::from_env(environment, dynamodb)?,
            policy: PasswordPolicy::from_env(environment)?,
            passwords: PasswordHasher::new(environment.parsed("BCRYPT_COST", "12")?),
            changes: RateLimiter::from_env(environment, dynamodb, "change", quota)?.refundable(),
        })
    }

    /// Does nothing, because no page waits for the first invocation.
    async fn warm_up(&self) {}
}

impl Function for MembersFunction {
    type Output = Response;

    async fn invoke(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Response, lambda_runtime::Error> {
        Ok(self.respond(&event.payload, &event.context.request_id, Timestamp::now()).await)
    }
}

impl MembersFunction {
    /// The same function with this hash cost instead of `BCRYPT_COST`. For tests.
    #[must_use]
    pub fn with_cost(self, cost: Cost) -> Self {
        Self { passwords: PasswordHasher::new(cost), ..self }
    }

    /// The bcrypt rounds computed so far; see [`PasswordHasher::rounds`].
    pub fn rounds(&self) -> u64 {
        self.passwords.rounds()
    }

    /// The response to the invocation `request_id` with this payload.
    pub async fn respond(&self, payload: &RawValue, request_id: &str, now: Timestamp) -> Response {
        let audit = AuditContext::from_invocation(request_id, now);
        let work = Box::pin(self.act(payload.get(), &audit));
        let outcome = deadline::within(LONGEST_WAIT, work).await;
        if let Err(Error::Unavailable(cause) | Error::Inconsistent(cause)) = &outcome {
            audit.record_because(Event::Unavailable, &cause.to_string());
        }
        outcome.unwrap_or_else(Response::Failed)
    }

    async fn act(&self, payload: &str, audit: &AuditContext) -> Result<Response, Error> {
        let now = audit.now();
        match Request::parse(payload).map_err(Error::InvalidRequest)? {
            Request::Add { email, password } => self.add(&email, &password, audit).await,
            Request::Find(member) => Ok(Response::from(&self.read(&member, "find", audit).await?)),
            Request::Sessions { member, limit, cursor } => {
                let member = self.read(&member, "sessions", audit).await?;
                Ok(self.accounts.sessions().page(member.id(), cursor, limit, now).await?.into())
            }
            Request::SetPassword { member, password, current: None, allow_weak } => {
                let member = self.get(&member, audit).await?;
                self.set_password(&member, &password, allow_weak, audit).await
            }
            Request::SetPassword { member, password, current: Some(current), allow_weak: _ } => {
                self.change_password(&self.get(&member, audit).await?, &current, &password, audit).await
            }
            Request::SetEmail { member, email } => {
                self.set_email(&self.get(&member.into(), audit).await?, &email, audit).await
            }
            Request::EndSession { member, id } => {
                self.end_session(&self.get(&member, audit).await?, id, audit).await
            }
            Request::EndSessions(member) => {
                let member = self.get(&member, audit).await?;
                self.accounts.revoke_sessions(&member, now).await?;
                Ok(done(audit, Event::SessionRevoked, "all sessions"))
            }
            Request::Disable(member) => {
                let member = self.get(&member, audit).await?;
                is_there(self.accounts.disable(&member, now).await?)?;
                Ok(done(audit, Event::UserUpdated, "disabled"))
            }
            Request::Enable(member) => {
                let member = self.get(&member, audit).await?;
                is_there(self.accounts.enable(&member).await?)?;
                Ok(done(audit, Event::UserUpdated, "enabled"))
            }
            Request::Remove(member) => {
                let member = self.get(&member, audit).await?;
                self.accounts.remove(&member, now).await?;
                Ok(done(audit, Event::UserDeleted, "removed"))
            }
        }
    }

    /// Adds a member. Looks up the email before hashing the password, to refuse a taken email quickly. The condition of
    /// the write decides in the end.
    async fn add(&self, email: &Email, password: &Password, audit: &AuditContext) -> Result<Response, Error> {
        self.check(password, email).await?;
        if self.accounts.get(email).await?.is_some() {
            return Err(Error::EmailTaken);
        }
        let hash = self.hash(password).await;
        let member_id = self.accounts.add(email, &hash, audit.now()).await?.ok_or(Error::EmailTaken)?;
        audit.set_member(member_id);
        audit.record(Event::UserCreated);
        Ok(Response::Added { member_id })
    }

    async fn set_password(
        &self,
        member: &Member,
        password: &Password,
        allow_weak: bool,
        audit: &AuditContext,
    ) -> Result<Response, Error> {
        if allow_weak {
            password.check_storable().map_err(Error::WeakPassword)?;
        } else {
            self.check(password, member.email()).await?;
        }
        let hash = self.hash(password).await;
        is_there(self.accounts.set_password(member, &hash, audit.now()).await?)?;
        Ok(done(audit, Event::AuthnPasswordChange, "by the application"))
    }

    /// Sets the password, if the submitted current password is right. A permit is taken before the current password is
    /// verified, and is given back if the change succeeds. The work is the same for every wrong password.
    async fn change_password(
        &self,
        member: &Member,
        current: &Password,
        password: &Password,
        audit: &AuditContext,
    ) -> Result<Response, Error> {
        self.check(password, member.email()).await?;
        self.take(member, audit).await?;
        let decide = |stored: Option<PasswordHash>| async move {
            if self.matches(current, stored.as_ref()).await {
                PasswordDecision::Set(self.hash(password).await)
            } else if self.matches(password, stored.as_ref()).await {
                PasswordDecision::AlreadySet
            } else {
                PasswordDecision::Refuse
            }
        };
        match self.accounts.change_password(member, decide, audit.now()).await? {
            PasswordChange::NoSuchMember => Err(Error::NoSuchMember),
            PasswordChange::WrongPassword => {
                audit.record_because(Event::AuthnPasswordChangeFail, "wrong current password");
                Err(Error::InvalidCredentials)
            }
            PasswordChange::Changed => {
                self.changes.refund(&member.id().get(), audit.now()).await;
                Ok(done(audit, Event::AuthnPasswordChange, "by the member"))
            }
        }
    }

    async fn take(&self, member: &Member, audit: &AuditContext) -> Result<(), Error> {
        match self.changes.take(&member.id().get(), audit.now()).await {
            Ok(_) => Ok(()),
            Err(NotAdmitted::Failed(cause)) => Err(cause.into()),
            Err(NotAdmitted::Refused(bucket)) => {
                audit.record_because(Event::AuthnPasswordChangeFail, "too many attempts");
                Err(Error::TooManyRequests { retry_after: bucket.retry_after() })
            }
        }
    }

    async fn set_email(
        &self,
        member: &Member,
        email: &Email,
        audit: &AuditContext,
    ) -> Result<Response, Error> {
        match self.accounts.set_email(member, email).await? {
            EmailChange::NoSuchMember => Err(Error::NoSuchMember),
            EmailChange::EmailTaken => Err(Error::EmailTaken),
            EmailChange::Changed => Ok(done(audit, Event::UserUpdated, "email")),
        }
    }

    async fn end_session(
        &self,
        member: &Member,
        session: SessionHash,
        audit: &AuditContext,
    ) -> Result<Response, Error> {
        if self.accounts.sessions().end_one(member.id(), session).await? {
            audit.record_because(Event::SessionRevoked, "one session");
        }
        Ok(Response::Done {})
    }

    async fn get(&self, member: &MemberRef, audit: &AuditContext) -> Result<Member, Error> {
        let member = self.accounts.get(member).await?.ok_or(Error::NoSuchMember)?;
        audit.set_member(member.id());
        Ok(member)
    }

    /// Reads a member for the application, and logs the access.
    async fn read(&self, member: &MemberRef, what: &str, audit: &AuditContext) -> Result<Member, Error> {
        let member = self.get(member, audit).await?;
        audit.record_because(Event::SensitiveRead, what);
        Ok(member)
    }

    async fn check(&self, password: &Password, email: &Email) -> Result<(), Error> {
        deadline::uncounted(self.policy.check(password, email)).await.map_err(Error::WeakPassword)
    }

    async fn hash(&self, password: &Password) -> PasswordHash {
        let hash = deadline::uncounted(self.passwords.hash(password)).await;
        hash.expect("the policy refuses passwords that bcrypt would cut")
    }

    async fn matches(&self, password: &Password, stored: Option<&PasswordHash>) -> bool {
        deadline::uncounted(self.passwords.matches(password, stored)).await
    }
}

/// Fails if the member was removed after it was read.
fn is_there(is_there: bool) -> Result<(), Error> {
    if is_there { Ok(()) } else { Err(Error::NoSuchMember) }
}

/// Logs that an action is done, and returns the response.
fn done(audit: &AuditContext, event: Event, reason: &str) -> Response {
    audit.record_because(event, reason);
    Response::Done {}
}
