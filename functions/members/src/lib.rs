//! Lets the application add and change its members. The function has no route: the application invokes it with JSON, and
//! IAM alone decides who may.

pub mod answer;
pub mod request;

use answer::{Answer, Failure};
use aws_sdk_dynamodb::Client;
use lambda_runtime::LambdaEvent;
use request::Request;
use serde_json::value::RawValue;
use shared::accounts::{Accounts, EmailChange, PasswordChange};
use shared::config::{ConfigError, Environment};
use shared::gateway::audit::{AuditContext, Event};
use shared::gateway::deadline;
use shared::gateway::process::{Function, Start};
use shared::limits::{NotAdmitted, RateLimiter};
use shared::members::{
    Cost, Email, Member, MemberId, MemberKey, Password, PasswordHash, PasswordHasher, PasswordPolicy,
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
    type Output = Answer;

    async fn invoke(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Answer, lambda_runtime::Error> {
        Ok(self.answer(&event.payload, &event.context.request_id, Timestamp::now()).await)
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
    pub async fn answer(&self, payload: &RawValue, request_id: &str, now: Timestamp) -> Answer {
        let audit = AuditContext::from_invocation(request_id, now);
        let outcome = deadline::limit(Box::pin(self.act(payload.get(), &audit, now))).await;
        if let Err(Failure::Unavailable(cause)) = &outcome {
            audit.record_because(Event::Unavailable, &cause.to_string());
        }
        outcome.unwrap_or_else(Answer::Failed)
    }

    async fn act(&self, payload: &str, audit: &AuditContext, now: Timestamp) -> Result<Answer, Failure> {
        match Request::parse(payload).map_err(Failure::InvalidRequest)? {
            Request::Add { email, password } => self.add(&email, &password, audit, now).await,
            Request::Find(key) => Ok(Answer::from(&self.read(&key, "find", audit).await?)),
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
                let found = self.accounts.end_sessions(&key, now).await?;
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
    ) -> Result<Answer, Failure> {
        self.policy.check(password, email).map_err(Failure::WeakPassword)?;
        if self.accounts.find(email).await?.is_some() {
            return Err(Failure::EmailTaken);
        }
        let hash = self.hash(password).await;
        let member_id = self.accounts.add(email, &hash, now).await?.ok_or(Failure::EmailTaken)?;
        audit.set_member(member_id);
        audit.record(Event::UserCreated);
        Ok(Answer::Added { member_id })
    }

    async fn set_password(
        &self,
        key: &MemberKey,
        password: &Password,
        audit: &AuditContext,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let member = self.find(key).await?;
        self.policy.check(password, member.email()).map_err(Failure::WeakPassword)?;
        let found = self.accounts.set_password(key, &self.hash(password).await, now).await?;
        done(found, &member, audit, (Event::AuthnPasswordChange, "by the application"))
    }

    /// Sets the password of a member who must know the current one. A token is taken before the password is verified and
    /// comes back when it matched.
    async fn change_password(
        &self,
        key: &MemberKey,
        current: &Password,
        password: &Password,
        audit: &AuditContext,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let member = self.find(key).await?;
        audit.set_member(member.id());
        self.policy.check(password, member.email()).map_err(Failure::WeakPassword)?;
        self.take(&member, audit, now).await?;
        let hash = self.hash(password).await;
        let verify = |stored: Option<PasswordHash>| async move {
            deadline::uncounted(self.passwords.matches(current, stored.as_ref())).await
        };
        match self.accounts.change_password(key, verify, &hash, now).await? {
            PasswordChange::NoSuchMember => Err(Failure::NoSuchMember),
            PasswordChange::WrongPassword => {
                audit.record_because(Event::AuthnPasswordChangeFail, "wrong current password");
                Err(Failure::InvalidCredentials)
            }
            PasswordChange::Changed => {
                audit.record_because(Event::AuthnPasswordChange, "by the member");
                self.changes.refund(&member.id().get(), now).await;
                Ok(Answer::Done {})
            }
        }
    }

    async fn take(&self, member: &Member, audit: &AuditContext, now: Timestamp) -> Result<(), Failure> {
        match self.changes.take(&member.id().get(), now).await {
            Ok(_) => Ok(()),
            Err(NotAdmitted::Failed(cause)) => Err(cause.into()),
            Err(NotAdmitted::Refused(bucket)) => {
                audit.record_because(Event::AuthnPasswordChangeFail, "too many attempts");
                Err(Failure::TooManyRequests { retry_after: bucket.retry_after() })
            }
        }
    }

    async fn set_email(&self, id: MemberId, email: &Email, audit: &AuditContext) -> Result<Answer, Failure> {
        match self.accounts.set_email(id, email).await? {
            EmailChange::NoSuchMember => Err(Failure::NoSuchMember),
            EmailChange::EmailTaken => Err(Failure::EmailTaken),
            EmailChange::Changed => {
                audit.set_member(id);
                audit.record_because(Event::UserUpdated, "email");
                Ok(Answer::Done {})
            }
        }
    }

    async fn end_session(
        &self,
        key: &MemberKey,
        session: SessionHash,
        audit: &AuditContext,
    ) -> Result<Answer, Failure> {
        let member = self.find(key).await?;
        if self.accounts.sessions().end_one(member.id(), session).await? {
            audit.set_member(member.id());
            audit.record_because(Event::SessionRevoked, "one session");
        }
        Ok(Answer::Done {})
    }

    async fn find(&self, key: &MemberKey) -> Result<Member, Failure> {
        self.accounts.find(key).await?.ok_or(Failure::NoSuchMember)
    }

    /// The member whose data is shown to the application.
    async fn read(&self, key: &MemberKey, what: &str, audit: &AuditContext) -> Result<Member, Failure> {
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
) -> Result<Answer, Failure> {
    if !found {
        return Err(Failure::NoSuchMember);
    }
    audit.set_member(member.id());
    audit.record_because(event, reason);
    Ok(Answer::Done {})
}
