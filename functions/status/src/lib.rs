//! `GET /sessions/`: returns the member of the request's session.

use aws_sdk_dynamodb::Client;
use lambda_http::http::Method;
use shared::config::{ConfigError, Environment};
use shared::gateway::client_limiter::ClientLimiter;
use shared::gateway::live_session::LiveSessions;
use shared::gateway::process::Start;
use shared::gateway::{Error, Handler, Request, Response};
use shared::sessions::Session;

/// The status function.
#[derive(Debug)]
pub struct Status {
    limiter: ClientLimiter,
    live_sessions: LiveSessions,
}

impl Start for Status {
    fn new(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        let quota = environment.parsed("STATUS_QUOTA", "10/60")?;
        Ok(Self {
            limiter: ClientLimiter::from_env(environment, dynamodb, "status", quota)?,
            live_sessions: LiveSessions::from_env(environment, dynamodb)?,
        })
    }

    /// Opens two connections, because a request makes two calls at the same time. Each read of the key ring opens one
    /// connection.
    async fn warm_up(&self) {
        tokio::join!(self.live_sessions.warm_up(), self.live_sessions.warm_up());
    }
}

impl Handler for Status {
    fn method(&self) -> Method {
        Method::GET
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let who_am_i = |session| self.who_am_i(request, session);
        Box::pin(self.limiter.answer(request, self.live_sessions.get(request), who_am_i)).await
    }
}

impl Status {
    async fn who_am_i(&self, request: &Request, session: Session) -> Result<Response, Error> {
        let member = self.live_sessions.touch(request, &session).await?;
        Ok(Response::ok(format!("{{\"memberId\":{}}}", member.get())))
    }
}
