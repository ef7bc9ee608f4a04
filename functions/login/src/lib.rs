//! `POST /sessions/`: starts a session for an email and a password.

pub mod credentials;
pub mod throttle;

use aws_sdk_dynamodb::Client;
use credentials::Credentials;
use lambda_http::Request;
use lambda_http::http::{HeaderValue, Method};
use shared::config::{ConfigError, Environment};
use shared::gateway::Error;
use shared::gateway::audit::{AuditContext, Event};
use shared::gateway::client::{AllowedOrigins, ClientAddress};
use shared::gateway::client_limiter::ClientLimiter;
use shared::gateway::deadline;
use shared::gateway::http::{self, Reply};
use shared::gateway::lambda::Handler;
use shared::gateway::proxy::TrustedProxy;
use shared::keys::{KeyRing, KeyRingConfig};
use shared::limits::NotAdmitted;
use shared::members::{Cost, Epoch, Member, MemberLookup, Members, Password, PasswordHasher};
use shared::sessions::{NewSession, SessionStart, SessionToken, Sessions};
use shared::store::StoreError;
use shared::timestamp::Timestamp;
use std::time::Duration;
use throttle::{LoginAttempt, LoginThrottle};
use tokio::time::timeout;

/// How long a successful login waits until its hash is renewed.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(1);

/// The login function.
#[derive(Debug)]
pub struct Login {
    proxy: TrustedProxy,
    allowed_origins: AllowedOrigins,
    limiter: ClientLimiter,
    throttle: LoginThrottle,
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
            proxy: TrustedProxy::from_env(environment)?,
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            limiter: ClientLimiter::from_env(environment, client, "login", ("LOGIN_QUOTA", "5/60"))?,
            throttle: LoginThrottle::from_env(environment, client)?,
            members: Members::from_env(environment, client)?,
            passwords: PasswordHasher::new(environment.parsed("BCRYPT_COST", "12")?),
            sessions: Sessions::from_env(environment, client)?,
            keys: KeyRing::from_env(environment, client, ring)?,
        })
    }

    /// The same with hashes of another cost than `BCRYPT_COST`, for tests.
    #[must_use]
    pub fn with_cost(self, cost: Cost) -> Self {
        Self { passwords: PasswordHasher::new(cost), ..self }
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

    /// The credentials and the member that they name. The password is not checked yet.
    async fn read(&self, request: &Request, now: Timestamp) -> Result<(Credentials, Option<Member>), Error> {
        let credentials = Credentials::parse(http::json_body(request)?)?;
        let lookup = self.members.lookup(&credentials.email).await?;
        if let MemberLookup::Malformed(item) = lookup {
            AuditContext::from_request(request, now).malformed(item);
        }
        Ok((credentials, lookup.found()))
    }

    async fn log_in(
        &self,
        request: &Request,
        (credentials, member): (Credentials, Option<Member>),
        now: Timestamp,
    ) -> Result<Reply, Error> {
        let (headers, client) = (request.headers(), ClientAddress::from_request(request));
        let account = (&credentials.email, member.as_ref());
        let attempt = self.throttle.attempt(headers, &client, account, now).await?;
        let audit = AuditContext::from_request(request, now).with_account(attempt.account_tag());
        let epoch = self.take(&attempt, member.as_ref(), &audit, now).await?;
        let member = self.verify(&credentials.password, member, &audit).await?;
        let audit = audit.with_member(member.id());
        let login = self.new_session(request, &member, epoch, credentials.remember, now).await?;
        let (session, ()) =
            tokio::join!(self.start_session(login, &audit, now), self.throttle.refund(&attempt, now));
        let session = session?;
        self.renew_hash(&member, &credentials.password, &audit).await;
        Ok(Reply::ok("{}").with_cookie(session).with_cookie(attempt.device_cookie(now)))
    }

    /// Takes a token from the attempt's bucket, and reads the member's epoch in the same round trip. A refusal looks like
    /// one by the client's bucket, except for the wait.
    async fn take(
        &self,
        attempt: &LoginAttempt,
        member: Option<&Member>,
        audit: &AuditContext,
        now: Timestamp,
    ) -> Result<Option<Epoch>, Error> {
        let epoch = async { Ok(self.sessions.epochs().get(member.map(Member::id)).await?) };
        match tokio::try_join!(self.throttle.take(attempt, now), epoch) {
            Ok(((), epoch)) => Ok(epoch),
            Err(NotAdmitted::Failed(cause)) => Err(cause.into()),
            Err(NotAdmitted::Refused(_)) => {
                audit.record(Event::AuthnLoginFailMax);
                let retry_after = self.throttle.retry_after(attempt);
                Err(Error::TooManyRequests { policy: self.limiter.policy(), retry_after })
            }
        }
    }

    /// The member, if the password is right. The work is the same without a member.
    async fn verify(
        &self,
        password: &Password,
        member: Option<Member>,
        audit: &AuditContext,
    ) -> Result<Member, Error> {
        let hash = member.as_ref().and_then(Member::password_hash);
        let matches = deadline::uncounted(self.passwords.matches(password, hash)).await;
        let audit = match &member {
            Some(member) => audit.clone().with_member(member.id()),
            None => audit.clone(),
        };
        if matches {
            audit.record(Event::AuthnLoginSuccess);
        } else {
            audit.record_because(Event::AuthnLoginFail, self.reason(member.as_ref()));
        }
        member.filter(|_| matches).ok_or(Error::InvalidCredentials)
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

    /// The session to start. A member without an epoch gets one. If another write made one in between, it may have been a
    /// revocation, and the login has to be repeated.
    async fn new_session<'a>(
        &self,
        request: &Request,
        member: &'a Member,
        epoch: Option<Epoch>,
        remember: bool,
        now: Timestamp,
    ) -> Result<NewSession<'a>, Error> {
        let replaced = SessionToken::read(request.headers(), &self.keys, now).await?;
        let epoch = match epoch {
            Some(epoch) => Some(epoch),
            None => self.sessions.epochs().create(member.id(), now).await?,
        };
        let epoch = epoch.ok_or_else(|| StoreError::transient("the epoch was written during the login"))?;
        Ok(NewSession { member, epoch, remember, replaced })
    }

    /// `Set-Cookie` of a new session. The session whose cookie came with the login ends.
    async fn start_session(
        &self,
        login: NewSession<'_>,
        audit: &AuditContext,
        now: Timestamp,
    ) -> Result<HeaderValue, Error> {
        let key = self.keys.current(now).await?;
        let token = match self.sessions.start(&self.members, login, now).await? {
            SessionStart::Started(token) => token,
            SessionStart::MemberChanged => return Err(Error::InvalidCredentials),
        };
        if let Some(replaced) = login.replaced {
            audit.clone().with_member(replaced.member()).record(Event::SessionReplaced);
        }
        audit.record(Event::SessionCreated);
        Ok(token.set_cookie(&key, self.sessions.cookie_max_age(login.remember)))
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
    fn method(&self) -> &Method {
        &Method::POST
    }

    fn proxy(&self) -> &TrustedProxy {
        &self.proxy
    }

    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        self.allowed_origins.check(request)?;
        let answer = async |found: Result<_, Error>| self.log_in(request, found?, now).await;
        Box::pin(self.limiter.answer(request, now, self.read(request, now), answer)).await
    }
}
