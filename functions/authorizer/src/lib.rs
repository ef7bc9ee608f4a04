//! An authorizer for the routes of other HTTP APIs. The authorizer admits a request with a live session, and passes on
//! the member's id.
//!
//! The gateway sends an event in the authorizer's payload format 2.0 and expects a simple response:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>.

mod request;

use aws_sdk_dynamodb::Client;
use lambda_http::LambdaEvent;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::config::{ConfigError, Environment};
use shared::gateway::live_session::LiveSessions;
use shared::gateway::origins::AllowedOrigins;
use shared::gateway::process::{Function, Start};
use shared::gateway::proxy::TrustedProxy;
use shared::gateway::{Error, Request, deadline};
use shared::members::MemberId;
use shared::timestamp::Timestamp;

/// The authorizer function.
#[derive(Debug)]
pub struct Authorizer {
    proxy: TrustedProxy,
    allowed_origins: AllowedOrigins,
    live_sessions: LiveSessions,
}

/// The gateway's simple response: `{"isAuthorized":true,"context":{"memberId":1}}` or `{"isAuthorized":false}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    is_authorized: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context>,
}

/// The part of the decision that the route's function receives, under `requestContext.authorizer.lambda`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    member_id: MemberId,
}

impl Decision {
    const NOT_AUTHORIZED: Self = Self { is_authorized: false, context: None };

    const fn authorized(member_id: MemberId) -> Self {
        Self { is_authorized: true, context: Some(Context { member_id }) }
    }
}

/// The session could not be looked up. The runtime reports a failed invocation, and the gateway answers 500. A refusal
/// would wrongly tell the member that the session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session cannot be looked up")]
pub struct Undecided;

impl Start for Authorizer {
    fn new(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        Ok(Self {
            proxy: TrustedProxy::from_env(environment)?,
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            live_sessions: LiveSessions::from_env(environment, dynamodb)?,
        })
    }

    /// Reads the key ring. This read also opens the connection.
    async fn warm_up(&self) {
        self.live_sessions.warm_up().await;
    }
}

impl Function for Authorizer {
    type Output = Decision;

    async fn invoke(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Decision, lambda_runtime::Error> {
        Ok(self.decide(&event.payload, Timestamp::now()).await?)
    }
}

impl Authorizer {
    /// Whether the request in the gateway's event is admitted. Events of other sources, such as a scheduled warm-up,
    /// are not authorized. They are not errors, because an error would fire the alarm on failed functions. The
    /// authorizer does not require the proxy: the other API decides whether its requests must come through a proxy.
    ///
    /// # Errors
    /// [`Undecided`] when a call to `DynamoDB` fails.
    pub async fn decide(&self, event: &RawValue, now: Timestamp) -> Result<Decision, Undecided> {
        let Some(parts) = request::parse(event) else { return Ok(Decision::NOT_AUTHORIZED) };
        let request = Request::new(parts, &self.proxy, now);
        let outcome = deadline::limit(Box::pin(self.member(&request))).await;
        outcome.map(Decision::authorized).or_else(|error| refusal(&request, &error))
    }

    /// The member of the request's session. A request with an unsafe method (RFC 9110, section 9.2.1) must pass the
    /// same origin check as login and logout, so that a page of another site can only read.
    async fn member(&self, request: &Request) -> Result<MemberId, Error> {
        if !request.method().is_safe() {
            self.allowed_origins.check(request)?;
        }
        let session = self.live_sessions.get(request).await?;
        self.live_sessions.touch(request, &session).await
    }
}

fn refusal(request: &Request, error: &Error) -> Result<Decision, Undecided> {
    request.audit().failure(error);
    match error {
        Error::NotAuthenticated | Error::CrossSite => Ok(Decision::NOT_AUTHORIZED),
        _ => Err(Undecided),
    }
}
