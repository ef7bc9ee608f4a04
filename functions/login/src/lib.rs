//! `POST /sessions/`: starts a session for an email and a password.

pub mod credentials;
pub mod throttle;

use aws_sdk_dynamodb::Client;
use credentials::Credentials;
use lambda_http::http::{HeaderValue, Method};
use shared::config::{ConfigError, Environment};
use shared::gateway::audit::{AuditContext, Event};
use shared::gateway::client_limiter::ClientLimiter;
use shared::gateway::origins::AllowedOrigins;
use shared::gateway::process::Start;
use shared::gateway::{Error, Handler, Request, Response, deadline};
use shared::keys::{KeyRing, RingName, RotatingKeyRing};
use shared::limits::NotAdmitted;
use shared::members::{
    Cost, Epoch, EpochLookup, Member, MemberLookup, Members, Password, PasswordHash, PasswordHasher,
};
use shared::sessions::{NewSession, SessionLookup, SessionStart, SessionToken, Sessions};
use shared::store::StoreError;
use shared::timestamp::Timestamp;
use std::time::Duration;
use throttle::{LoginAttempt, LoginThrottle};
use tokio::time::timeout;

/// The longest wait of a successful login for the write that renews the hash.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a key of the session cookie signs by default. A replaced key verifies for one more period. If the period is
/// at least as long as the longest session, no rotation ends a session.
const SIGNING_KEY_AGE: Duration = Duration::from_hours(30 * 24);

/// The login function.
#[derive(Debug)]
pub struct Login {
    allowed_origins: AllowedOrigins,
    limiter: ClientLimiter,
    throttle: LoginThrottle,
    members: Members,
    passwords: PasswordHasher,
    sessions: Sessions,
    keys: RotatingKeyRing,
}

impl Start for Login {
    fn new(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        let quota = environment.parsed("LOGIN_QUOTA", "5/60")?;
        let key_age = environment.duration("SIGNING_KEY_AGE_SECONDS", SIGNING_KEY_AGE)?;
        Ok(Self {
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            limiter: ClientLimiter::from_env(environment, dynamodb, "login", quota)?,
            throttle: LoginThrottle::from_env(environment, dynamodb)?,
            members: Members::from_env(environment, dynamodb)?,
            passwords: PasswordHasher::new(environment.parsed("BCRYPT_COST", "12")?),
            sessions: Sessions::from_env(environment, dynamodb)?,
            keys: KeyRing::from_env(environment, dynamodb, RingName::Sessions)?.rotating(key_age),
        })
    }

    /// Reads both key rings at the same time. These reads also open two connections.
    async fn warm_up(&self) {
        let now = Timestamp::now();
        tokio::join!(self.keys.warm_up(now), self.throttle.warm_up(now));
    }
}

impl Handler for Login {
    fn method(&self) -> Method {
        Method::POST
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        self.allowed_origins.check(request)?;
        let log_in = |candidate| self.log_in(request, candidate);
        Box::pin(self.limiter.answer(request, self.candidate(request), log_in)).await
    }
}

/// The credentials of a request, and the member that they name. The password is not verified yet.
struct Candidate {
    credentials: Credentials,
    member: Option<Member>,
}

/// The session whose cookie a login request carried.
#[derive(Clone, Copy)]
struct Replaced {
    token: SessionToken,
    is_live: bool,
}

impl Login {
    /// The same function with this hash cost instead of `BCRYPT_COST`. For tests.
    #[must_use]
    pub fn with_cost(self, cost: Cost) -> Self {
        Self { passwords: PasswordHasher::new(cost), ..self }
    }

    /// The bcrypt rounds computed so far; see [`PasswordHasher::rounds`].
    pub fn rounds(&self) -> u64 {
        self.passwords.rounds()
    }

    async fn candidate(&self, request: &Request) -> Result<Candidate, Error> {
        let credentials = Credentials::parse(&request.json_body()?)?;
        let lookup = self.members.lookup(&credentials.email).await?;
        if let MemberLookup::Malformed(item) = lookup {
            request.audit().malformed(item);
        }
        Ok(Candidate { credentials, member: lookup.found() })
    }

    async fn log_in(&self, request: &Request, candidate: Candidate) -> Result<Response, Error> {
        let Candidate { credentials, member } = candidate;
        let attempt = self.throttle.attempt(request, &credentials.email, member.as_ref()).await?;
        request.audit().set_account(attempt.account_tag());
        if let Some(member) = &member {
            request.audit().set_member(member.id());
        }
        let epoch = self.take(request, &attempt, member.as_ref()).await?;
        let verify = self.verify(request, &credentials.password, member, &epoch);
        let (member, replaced) = tokio::join!(verify, self.replaced(request));
        let (member, replaced) = (member?, replaced?);
        let epoch = self.epoch_of(request, &member, epoch).await?;
        let login = NewSession {
            member: &member,
            epoch,
            remember: credentials.remember,
            replaced: replaced.map(|replaced| replaced.token),
        };
        let (session, ()) = tokio::join!(self.start_session(request, login), self.throttle.refund(&attempt));
        let session = session?;
        record_start(request.audit(), replaced);
        self.renew_hash(request.audit(), &member, &credentials.password).await;
        Ok(Response::ok("{}").with_cookie(session).with_cookie(attempt.device_cookie()))
    }

    /// Takes a permit from the attempt's bucket, and reads the member's epoch at the same time. A refusal looks like a
    /// refusal by the client's bucket, except for `Retry-After`.
    async fn take(
        &self,
        request: &Request,
        attempt: &LoginAttempt,
        member: Option<&Member>,
    ) -> Result<EpochLookup, Error> {
        let epoch = async { Ok(self.sessions.epochs().get(member.map(Member::id)).await?) };
        match tokio::try_join!(self.throttle.take(attempt), epoch) {
            Ok(((), epoch)) => Ok(epoch),
            Err(NotAdmitted::Failed(cause)) => Err(cause.into()),
            Err(NotAdmitted::Refused(_)) => {
                request.audit().record(Event::AuthnLoginFailMax);
                let retry_after = self.throttle.retry_after();
                Err(Error::TooManyRequests { policy: self.limiter.policy(), retry_after })
            }
        }
    }

    /// The member, if the password is right and the epoch is not malformed. The work is the same if there is no member.
    async fn verify(
        &self,
        request: &Request,
        password: &Password,
        member: Option<Member>,
        epoch: &EpochLookup,
    ) -> Result<Member, Error> {
        let hash = match epoch {
            EpochLookup::Malformed(item) => {
                request.audit().malformed(*item);
                None
            }
            EpochLookup::Found(_) | EpochLookup::Missing => member.as_ref().and_then(Member::password_hash),
        };
        if deadline::uncounted(self.passwords.matches(password, hash)).await {
            return member.ok_or(Error::InvalidCredentials);
        }
        let reason = self.reason(member.as_ref(), hash);
        request.audit().record_because(Event::AuthnLoginFail, reason);
        Err(Error::InvalidCredentials)
    }

    /// The reason of a failed login, for the log only.
    fn reason(&self, member: Option<&Member>, hash: Option<&PasswordHash>) -> &'static str {
        match member {
            None => "no such member",
            Some(member) if member.is_disabled() => "the member is disabled",
            Some(member) if !member.has_password() => "the member has no password",
            Some(_) => match hash {
                Some(hash) if self.passwords.can_verify(hash) => "wrong password",
                Some(_) => "the stored hash has a higher cost than BCRYPT_COST",
                None => "the stored hash is not a bcrypt hash",
            },
        }
    }

    /// The session whose cookie the login request carried. A cookie that is not validly signed causes no lookup.
    async fn replaced(&self, request: &Request) -> Result<Option<Replaced>, Error> {
        let now = request.now();
        let token = SessionToken::read(request.headers(), self.keys.ring(), now).await?;
        let Some(token) = token else { return Ok(None) };
        let found = self.sessions.get(token, now).await?;
        if let SessionLookup::Malformed(item) = found {
            request.audit().malformed(item);
        }
        Ok(Some(Replaced { token, is_live: found.live().is_some() }))
    }

    /// The epoch that was read, or a new one for a member without an epoch. If another write created the epoch in
    /// between, that write may have been a revocation. The login then fails, and the client can repeat it.
    async fn epoch_of(&self, request: &Request, member: &Member, read: EpochLookup) -> Result<Epoch, Error> {
        let epoch = match read.found() {
            Some(epoch) => Some(epoch),
            None => self.sessions.epochs().create(member.id(), request.now()).await?,
        };
        Ok(epoch.ok_or_else(|| {
            StoreError::transient("another request created the member's epoch during the login")
        })?)
    }

    /// Starts a session and returns its `Set-Cookie`. Also ends the session whose cookie the login request carried.
    async fn start_session(&self, request: &Request, login: NewSession<'_>) -> Result<HeaderValue, Error> {
        let key = self.keys.current(request.now()).await?;
        let max_age = self.sessions.cookie_max_age(login.remember);
        match self.sessions.start(&self.members, login, request.now()).await? {
            SessionStart::Started(token) => Ok(token.set_cookie(&key, max_age)),
            SessionStart::MemberChanged => {
                request
                    .audit()
                    .record_because(Event::AuthnLoginFail, "the member was changed during the login");
                Err(Error::InvalidCredentials)
            }
        }
    }

    /// Replaces a hash whose cost is below `BCRYPT_COST`. This delays the response by the time of one hash. If the
    /// renewal fails, the login still succeeds, and the next login tries again.
    async fn renew_hash(&self, audit: &AuditContext, member: &Member, password: &Password) {
        let outdated = member.password_hash().filter(|hash| self.passwords.is_outdated(hash));
        let Some(verified) = outdated else { return };
        // The whole renewal is uncounted, so that the request's time limit cannot fail a login whose session was
        // started.
        if let Err(cause) = deadline::uncounted(self.try_to_renew(member, verified, password)).await {
            audit.failure(&cause.into());
        }
    }

    async fn try_to_renew(
        &self,
        member: &Member,
        verified: &PasswordHash,
        password: &Password,
    ) -> Result<(), StoreError> {
        let Ok(renewed) = self.passwords.hash(password).await else { return Ok(()) };
        match timeout(RENEWAL_TIMEOUT, self.members.renew_hash(member, verified, &renewed)).await {
            Ok(renewal) => renewal.map(drop),
            Err(_) => Err(StoreError::transient("renewing a hash took too long")),
        }
    }
}

fn record_start(audit: &AuditContext, replaced: Option<Replaced>) {
    audit.record(Event::AuthnLoginSuccess);
    if let Some(Replaced { token, is_live: true }) = replaced {
        audit.record_about(token.member(), Event::SessionReplaced);
    }
    audit.record(Event::SessionCreated);
}
