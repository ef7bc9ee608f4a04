//! `POST /sessions/`: an email and a password for a session.

pub mod credentials;
pub mod guesses;
mod recent_failures;

use aws_sdk_dynamodb::Client;
use credentials::Credentials;
use guesses::{Guess, Guesses};
use lambda_http::Request;
use lambda_http::http::{HeaderValue, Method};
use recent_failures::RecentFailures;
use shared::audit::{Event, Trail};
use shared::client::{AllowedOrigins, ClientAddress};
use shared::config::{ConfigError, Environment};
use shared::dynamodb::{Fault, Unreadable};
use shared::error::Error;
use shared::http::{self, Reply};
use shared::lambda::Handler;
use shared::lifespan::Lifespans;
use shared::member::Member;
use shared::members::Members;
use shared::password::{Password, PasswordHasher};
use shared::quota::Decision;
use shared::rate_limit::RateLimiter;
use shared::session_token::SessionToken;
use shared::sessions::Sessions;
use shared::signing_keys::{Ring, SigningKeys};
use shared::timestamp::Timestamp;
use std::time::Duration;
use tokio::time::timeout;

/// How long a login that has succeeded waits for its hash to be renewed.
const LONGEST_RENEWAL: Duration = Duration::from_secs(1);

/// The login function.
#[derive(Debug)]
pub struct Login {
    allowed_origins: AllowedOrigins,
    limiter: RateLimiter,
    guesses: Guesses,
    recent_failures: RecentFailures,
    members: Members,
    passwords: PasswordHasher,
    sessions: Sessions,
    signing_keys: SigningKeys,
}

impl Login {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        let lifespans = Lifespans::from_environment(environment)?;
        let quota = environment.parsed("LOGIN_QUOTA", "5/60")?;
        let rate_limits = environment.table("RATE_LIMITS_TABLE")?;
        let signing_keys = environment.table("SIGNING_KEYS_TABLE")?;
        let age_limit = environment.duration("SIGNING_KEY_AGE_SECONDS", Ring::SESSIONS.age_limit())?;
        Ok(Self {
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            limiter: RateLimiter::new(client.clone(), rate_limits, "login", quota),
            guesses: Guesses::new(environment, client)?,
            recent_failures: RecentFailures::default(),
            members: Members::new(client.clone(), environment.table("MEMBERS_TABLE")?),
            passwords: PasswordHasher::new(environment.parsed("BCRYPT_COST", "12")?),
            sessions: Sessions::new(client.clone(), environment.table("SESSIONS_TABLE")?, lifespans),
            signing_keys: SigningKeys::new(
                client.clone(),
                signing_keys,
                Ring::SESSIONS.rotated_each(age_limit),
            ),
        })
    }

    /// What can be done before the first request.
    pub async fn warm_up(&self) {
        let now = Timestamp::now();
        tokio::join!(self.signing_keys.warm_up_to_sign(now), self.guesses.warm_up(now));
    }

    /// The bcrypt rounds computed so far; see [`PasswordHasher::rounds`].
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.passwords.rounds()
    }

    async fn log_in(&self, request: &Request, limits: &Decision, now: Timestamp) -> Result<Reply, Error> {
        let credentials = Credentials::parse(http::json_body(request)?)?;
        let guess = self.guesses.guess(request.headers(), &credentials.email, now).await?;
        let trail = Trail::of(request).about(guess.account());
        let member = self.verify(&credentials, &guess, limits, &trail, now).await?;
        let session = self.start_session(request, &member, credentials.remember, &trail, now).await?;
        self.renew_hash(&member, &credentials.password, &trail).await;
        let device = guess.device_cookie(&credentials.email, now);
        Ok(Reply::ok("{}").with_cookie(session).with_cookie(device))
    }

    /// The member whose email and password these are. Takes the same calls and the same work when there is
    /// none as when there is one. The account's bucket and the member are asked at once, in one round trip;
    /// only then, and only if there is a token, the password.
    async fn verify(
        &self,
        credentials: &Credentials,
        guess: &Guess,
        limits: &Decision,
        trail: &Trail,
        now: Timestamp,
    ) -> Result<Member, Error> {
        let token =
            async { self.guesses.take(guess, now).await.map_err(|error| held_up(error, limits, trail)) };
        let ((), member) = tokio::try_join!(biased; token, self.members.read(&credentials.email))?;
        let member = readable(member, trail);
        let hash = member.as_ref().and_then(Member::password_hash);
        let matches = self.passwords.matches(&credentials.password, hash).await;
        self.record(member.as_ref(), matches, guess, trail);
        member.filter(|_| matches).ok_or(Error::InvalidCredentials)
    }

    fn record(&self, member: Option<&Member>, matches: bool, guess: &Guess, trail: &Trail) {
        let trail = member.map_or_else(|| trail.clone(), |member| trail.clone().of_member(member.id()));
        if !matches {
            self.recent_failures.add(guess.account());
            return trail.record_because(Event::AuthnLoginFail, self.reason(member));
        }
        trail.record(Event::AuthnLoginSuccess);
        if self.recent_failures.remove(&guess.account()) {
            trail.record(Event::AuthnLoginSuccessafterfail);
        }
    }

    /// For the log alone.
    fn reason(&self, member: Option<&Member>) -> &'static str {
        match member {
            None => "no such member",
            Some(member) if member.is_disabled() => "the member is disabled",
            Some(member) => match member.password_hash() {
                Some(hash) if self.passwords.can_verify(hash) => "wrong password",
                Some(_) => "the stored hash is of a higher cost than BCRYPT_COST",
                None => "the stored hash is none of bcrypt",
            },
        }
    }

    /// `Set-Cookie` of a new session. The one whose cookie the login came with is over.
    async fn start_session(
        &self,
        request: &Request,
        member: &Member,
        remember: bool,
        trail: &Trail,
        now: Timestamp,
    ) -> Result<HeaderValue, Error> {
        let replaced = SessionToken::read(request.headers(), &self.signing_keys, now).await?;
        let key = self.signing_keys.current(now).await?;
        let token = self.sessions.start(&self.members, member, remember, replaced, now).await?;
        if let Some(replaced) = replaced {
            trail.clone().of_member(replaced.member()).record_because(Event::SessionRevoked, "login");
        }
        trail.clone().of_member(member.id()).record(Event::SessionCreated);
        Ok(token.set_cookie(&key, self.sessions.cookie_max_age(remember)))
    }

    /// Replaces a hash of a lower cost than new ones have. That it fails is no reason to fail the login, or to
    /// hold it up: the next one tries again.
    async fn renew_hash(&self, member: &Member, password: &Password, trail: &Trail) {
        let outdated = member.password_hash().filter(|hash| self.passwords.is_outdated(hash));
        let Some(verified) = outdated else { return };
        let Ok(renewed) = self.passwords.hash(password).await else { return };
        let renewal = timeout(LONGEST_RENEWAL, self.members.renew_hash(member, verified, &renewed)).await;
        let too_long = |_| Err(Error::Unavailable(Fault::unexpected("renewing a hash took too long")));
        if let Err(error) = renewal.unwrap_or_else(too_long) {
            trail.failure(&error);
        }
    }
}

/// A member whose item cannot be used is nobody, and that is logged.
fn readable(member: Option<Result<Member, Unreadable>>, trail: &Trail) -> Option<Member> {
    member.and_then(|member| member.inspect_err(|&unreadable| trail.unreadable(unreadable)).ok())
}

/// A refusal by the account's or the device's bucket is told as one by the client's, but for the wait.
fn held_up(error: Error, limits: &Decision, trail: &Trail) -> Error {
    if let Error::TooManyRequests { .. } = error {
        trail.record(Event::AuthnLoginFailMax);
    }
    error.reporting(*limits)
}

impl Handler for Login {
    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        http::expect(request, &Method::POST)?;
        self.allowed_origins.check(request)?;
        let limits = self.limiter.take(&ClientAddress::of(request), now).await?;
        let reply = self.log_in(request, &limits, now).await;
        Ok(reply.unwrap_or_else(|error| Trail::of(request).reply(error)).with_limits(&limits))
    }
}
