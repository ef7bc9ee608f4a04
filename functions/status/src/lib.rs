//! `GET /sessions/`: the member of the request's session.

use aws_sdk_dynamodb::Client;
use lambda_http::Request;
use lambda_http::http::Method;
use shared::config::{ConfigError, Environment};
use shared::gateway::Error;
use shared::gateway::client_limiter::ClientLimiter;
use shared::gateway::http::Reply;
use shared::gateway::lambda::Handler;
use shared::gateway::live_session::LiveSessions;
use shared::gateway::proxy::TrustedProxy;
use shared::sessions::Session;
use shared::timestamp::Timestamp;

/// The status function.
#[derive(Debug)]
pub struct Status {
    proxy: TrustedProxy,
    limiter: ClientLimiter,
    live_sessions: LiveSessions,
}

impl Status {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        Ok(Self {
            proxy: TrustedProxy::from_env(environment)?,
            limiter: ClientLimiter::from_env(environment, client, "status", ("STATUS_QUOTA", "10/60"))?,
            live_sessions: LiveSessions::from_env(environment, client)?,
        })
    }

    /// Opens two connections ahead of the first request, because a request makes two calls at once. Each read of the
    /// key ring opens one.
    pub async fn open_connections(&self) {
        tokio::join!(self.live_sessions.load_keys(), self.live_sessions.load_keys());
    }

    async fn who_am_i(&self, session: Result<Session, Error>, now: Timestamp) -> Result<Reply, Error> {
        let member = self.live_sessions.touch(&session?, now).await?;
        Ok(Reply::ok(format!("{{\"memberId\":{}}}", member.get())))
    }
}

impl Handler for Status {
    fn method(&self) -> &Method {
        &Method::GET
    }

    fn proxy(&self) -> &TrustedProxy {
        &self.proxy
    }

    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        let session = self.live_sessions.find(request, now);
        Box::pin(self.limiter.answer(request, now, session, |session| self.who_am_i(session, now))).await
    }
}
