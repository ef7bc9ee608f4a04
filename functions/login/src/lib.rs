//! `POST /sessions/`: an email and a password for a session.

pub mod credentials;

use aws_sdk_dynamodb::Client;
use credentials::Credentials;
use lambda_http::Request;
use lambda_http::http::Method;
use shared::audit;
use shared::client::{AllowedOrigins, ClientAddress};
use shared::config::{ConfigError, Environment};
use shared::error::Error;
use shared::http::{self, Reply};
use shared::lambda::Handler;
use shared::lifespan::Lifespans;
use shared::member::{Member, Members};
use shared::password::{Password, PasswordHasher};
use shared::rate_limit::RateLimiter;
use shared::session::Sessions;
use shared::session_token::{SESSION_COOKIE, SessionToken};
use shared::signing_keys::SigningKeys;
use shared::timestamp::Timestamp;

/// The login function.
#[derive(Debug)]
pub struct Login {
    allowed_origins: AllowedOrigins,
    limiter: RateLimiter,
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
        Ok(Self {
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            limiter: RateLimiter::new(client.clone(), rate_limits, "login", quota),
            members: Members::new(client.clone(), environment.table("MEMBERS_TABLE")?),
            passwords: PasswordHasher::new(environment.parsed("BCRYPT_COST", "12")?),
            sessions: Sessions::new(client.clone(), environment.table("SESSIONS_TABLE")?, lifespans),
            signing_keys: SigningKeys::new(client.clone(), environment.table("SIGNING_KEYS_TABLE")?),
        })
    }

    /// What can be done before the first request.
    pub async fn warm_up(&self) {
        self.signing_keys.warm_up(Timestamp::now()).await;
    }

    /// The bcrypt rounds computed so far; see [`PasswordHasher::rounds`].
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.passwords.rounds()
    }

    async fn log_in(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        let credentials = Credentials::parse(http::json_body(request)?)?;
        let member = self.verify(&credentials).await?;
        let replaced = SESSION_COOKIE.read(request.headers(), &self.signing_keys, now).await?;
        let replaced = replaced.map(SessionToken::from_bytes);
        let key = self.signing_keys.current(now).await?;
        let token = self.sessions.start(&self.members, &member, credentials.remember, replaced, now).await?;
        self.renew_hash(&member, &credentials.password).await;
        let max_age = self.sessions.cookie_max_age(credentials.remember);
        Ok(Reply::ok("{}").with_cookie(SESSION_COOKIE.set(&token.to_bytes(), &key, max_age)))
    }

    /// The member whose email and password these are. Takes the same calls and the same work when there is
    /// none as when there is one.
    async fn verify(&self, credentials: &Credentials) -> Result<Member, Error> {
        let member = self.members.find(&credentials.email).await?;
        let hash = member.as_ref().and_then(Member::password_hash);
        let matches = self.passwords.matches(&credentials.password, hash).await;
        member.filter(|_| matches).ok_or(Error::InvalidCredentials)
    }

    /// Replaces a hash of a lower cost than new ones have. That it fails is no reason to fail the login.
    async fn renew_hash(&self, member: &Member, password: &Password) {
        let outdated = member.password_hash().filter(|hash| self.passwords.is_outdated(hash));
        let Some(verified) = outdated else { return };
        let Ok(renewed) = self.passwords.hash(password).await else { return };
        if let Err(error) = self.members.renew_hash(member, verified, &renewed).await {
            audit::failure(&error);
        }
    }
}

impl Handler for Login {
    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        http::expect(request, &Method::POST)?;
        self.allowed_origins.check(request)?;
        let limits = self.limiter.take(&ClientAddress::of(request), now).await?;
        let reply = self.log_in(request, now).await.unwrap_or_else(Reply::from);
        Ok(reply.with_limits(&limits))
    }
}
