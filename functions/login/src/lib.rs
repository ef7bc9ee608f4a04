//! `POST /sessions/`: starts a session for an email and a password.

pub mod credentials;
mod recent_failures;
pub mod throttle;

use aws_sdk_dynamodb::Client;
use credentials::Credentials;
use lambda_http::Request;
use lambda_http::http::{HeaderValue, Method};
use recent_failures::RecentFailures;
use shared::config::{ConfigError, Environment};
use shared::gateway::Error;
use shared::gateway::audit::{AuditContext, Event};
use shared::gateway::client::AllowedOrigins;
use shared::gateway::client_limiter::ClientLimiter;
use shared::gateway::deadline;
use shared::gateway::http::{self, Reply};
use shared::gateway::lambda::Handler;
use shared::keys::{KeyRing, KeyRingConfig};
use shared::limits::NotAdmitted;
use shared::members::{Member, Members, Password, PasswordHasher};
use shared::sessions::{SessionStart, SessionToken, Sessions};
use shared::store::{MalformedItem, StoreError};
use shared::timestamp::Timestamp;
use std::time::Duration;
use throttle::{LoginAttempt, LoginThrottle};
use tokio::time::timeout;

/// How long a successful login waits until its hash is renewed.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(1);

/// The login function.
#[derive(Debug)]
pub struct Login {
    allowed_origins: AllowedOrigins,
    limiter: ClientLimiter,
    throttle: LoginThrottle,
    recent_failures: RecentFailures,
    members: Members,
    passwords: PasswordHasher,
    sessions: Sessions,
    keys: KeyRing,
}

impl Login {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        let default = KeyRingConfig::SESSIONS.rotation_period();
        let rotation_period = environment.duration("SIGNING_KEY_AGE_SECONDS", default)?;
        let ring = KeyRingConfig::SESSIONS.with_rotation_period(rotation_period);
        Ok(Self {
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            limiter: ClientLimiter::from_env(environment, client, "login", ("LOGIN_QUOTA", "5/60"))?,
            throttle: LoginThrottle::from_env(environment, client)?,
            recent_failures: RecentFailures::default(),
            members: Members::from_env(environment, client)?,
            passwords: PasswordHasher::new(environment.parsed("BCRYPT_COST", "12")?),
            sessions: Sessions::from_env(environment, client)?,
            keys: KeyRing::from_env(environment, client, ring)?,
        })
    }

    /// Reads both key rings ahead of the first request, which also opens two connections.
    pub async fn load_keys(&self) {
        let now = Timestamp::now();
        tokio::join!(self.keys.load_or_rotate(now), self.throttle.load_keys(now));
    }

    /// The bcrypt rounds computed so far; see [`PasswordHasher::rounds`].
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.passwords.rounds()
    }

    async fn log_in(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        let credentials = Credentials::parse(http::json_body(request)?)?;
        let attempt = self.throttle.attempt(request.headers(), &credentials.email, now).await?;
        let audit = AuditContext::from_request(request).with_account(attempt.account());
        let member = self.verify(&credentials, &attempt, &audit, now).await?;
        let session = self.start_session(request, &member, credentials.remember, &audit, now).await?;
        self.renew_hash(&member, &credentials.password, &audit).await;
        let device = attempt.device_cookie(&credentials.email, now);
        Ok(Reply::ok("{}").with_cookie(session).with_cookie(device))
    }

    /// The member with this email and password. Calls and work are the same with and without such a member. The bucket
    /// and the member are read at once, in one round trip. The password is checked only if there is a token.
    async fn verify(
        &self,
        credentials: &Credentials,
        attempt: &LoginAttempt,
        audit: &AuditContext,
        now: Timestamp,
    ) -> Result<Member, Error> {
        let ((), member) =
            tokio::try_join!(biased; self.take(attempt, audit, now), self.read(credentials, audit))?;
        let hash = member.as_ref().and_then(Member::password_hash);
        let matches = deadline::uncounted(self.passwords.matches(&credentials.password, hash)).await;
        self.record(member.as_ref(), matches, attempt, audit);
        member.filter(|_| matches).ok_or(Error::InvalidCredentials)
    }

    /// A refusal looks like one by the client's bucket, except for the wait.
    async fn take(&self, attempt: &LoginAttempt, audit: &AuditContext, now: Timestamp) -> Result<(), Error> {
        match self.throttle.take(attempt, now).await {
            Ok(_) => Ok(()),
            Err(NotAdmitted::Failed(cause)) => Err(cause.into()),
            Err(NotAdmitted::Refused(bucket)) => {
                audit.record(Event::AuthnLoginFailMax);
                let policy = self.limiter.policy();
                Err(Error::TooManyRequests { policy, retry_after: bucket.retry_after() })
            }
        }
    }

    /// A member with a malformed item cannot log in, and the item is logged.
    async fn read(&self, credentials: &Credentials, audit: &AuditContext) -> Result<Option<Member>, Error> {
        let member = self.members.read(&credentials.email).await?;
        let log = |item: &MalformedItem| audit.malformed(*item);
        Ok(member.and_then(|member| member.inspect_err(log).ok()))
    }

    fn record(&self, member: Option<&Member>, matches: bool, attempt: &LoginAttempt, audit: &AuditContext) {
        let audit = member.map_or_else(|| audit.clone(), |member| audit.clone().with_member(member.id()));
        if !matches {
            self.recent_failures.add(attempt.account());
            return audit.record_because(Event::AuthnLoginFail, self.reason(member));
        }
        audit.record(Event::AuthnLoginSuccess);
        if self.recent_failures.remove(&attempt.account()) {
            audit.record(Event::AuthnLoginSuccessafterfail);
        }
    }

    /// Why a login failed, for the log alone.
    fn reason(&self, member: Option<&Member>) -> &'static str {
        match member {
            None => "no such member",
            Some(member) if member.is_disabled() => "the member is disabled",
            Some(member) => match member.password_hash() {
                Some(hash) if self.passwords.can_verify(hash) => "wrong password",
                Some(_) => "the stored hash has a higher cost than BCRYPT_COST",
                None => "the stored hash is not a bcrypt hash",
            },
        }
    }

    /// `Set-Cookie` of a new session. The session whose cookie came with the login ends.
    async fn start_session(
        &self,
        request: &Request,
        member: &Member,
        remember: bool,
        audit: &AuditContext,
        now: Timestamp,
    ) -> Result<HeaderValue, Error> {
        let replaced = SessionToken::read(request.headers(), &self.keys, now).await?;
        let key = self.keys.current(now).await?;
        let token = match self.sessions.start(&self.members, member, remember, replaced, now).await? {
            SessionStart::Started(token) => token,
            SessionStart::MemberChanged => return Err(Error::InvalidCredentials),
        };
        if let Some(replaced) = replaced {
            audit.clone().with_member(replaced.member()).record(Event::SessionReplaced);
        }
        audit.clone().with_member(member.id()).record(Event::SessionCreated);
        Ok(token.set_cookie(&key, self.sessions.cookie_max_age(remember)))
    }

    /// Replaces a hash of a lower cost. A failure neither fails nor delays the login, because the next login tries
    /// again.
    async fn renew_hash(&self, member: &Member, password: &Password, audit: &AuditContext) {
        let outdated = member.password_hash().filter(|hash| self.passwords.is_outdated(hash));
        let Some(verified) = outdated else { return };
        let Ok(renewed) = deadline::uncounted(self.passwords.hash(password)).await else { return };
        let renewal = timeout(RENEWAL_TIMEOUT, self.members.renew_hash(member, verified, &renewed)).await;
        let too_slow = |_| Err(StoreError::transient("renewing a hash took too long"));
        if let Err(cause) = renewal.unwrap_or_else(too_slow) {
            audit.failure(&cause.into());
        }
    }
}

impl Handler for Login {
    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        http::require_route(request, &Method::POST)?;
        self.allowed_origins.check(request)?;
        self.limiter.answer(request, now, async {}, |()| self.log_in(request, now)).await
    }
}
