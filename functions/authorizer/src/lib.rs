//! An authorizer for the routes of other HTTP APIs. It admits a request with a live session, and names the member.
//!
//! The gateway sends an event in the authorizer's payload format 2.0 and expects a simple response:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>.

mod question;

use aws_sdk_dynamodb::Client;
use lambda_http::{LambdaEvent, Request, service_fn};
use serde::Serialize;
use serde_json::value::RawValue;
use shared::config::{ConfigError, Environment};
use shared::gateway::audit::AuditContext;
use shared::gateway::client::AllowedOrigins;
use shared::gateway::live_session::LiveSessions;
use shared::gateway::proxy::TrustedProxy;
use shared::gateway::{Error, deadline};
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

/// What the route's function finds in its event, under `requestContext.authorizer.lambda`.
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
/// would tell a member who is logged in that the session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session cannot be looked up")]
pub struct Undecided;

impl Authorizer {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        Ok(Self {
            proxy: TrustedProxy::from_env(environment)?,
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            live_sessions: LiveSessions::from_env(environment, client)?,
        })
    }

    /// Reads the key ring ahead of the first request, which also opens the connection.
    pub async fn load_keys(&self) {
        self.live_sessions.load_keys().await;
    }

    /// Whether the request in the gateway's event is admitted. Events of other sources, such as a scheduled warm-up, are
    /// not authorized: an error would ring the alarm on failed functions.
    ///
    /// # Errors
    /// [`Undecided`] when a call to `DynamoDB` fails.
    pub async fn decide(&self, event: &RawValue, now: Timestamp) -> Result<Decision, Undecided> {
        let Some(mut request) = question::parse(event) else { return Ok(Decision::NOT_AUTHORIZED) };
        // Whether the routes of other APIs must be reached through the proxy is not decided here.
        let _ = self.proxy.identify(&mut request, now);
        let outcome = deadline::limit(Box::pin(self.member(&request, now))).await;
        outcome.map(Decision::authorized).or_else(|error| refusal(&request, now, &error))
    }

    /// The member of the request's session. A page of another site may only read, as at login and logout.
    async fn member(&self, request: &Request, now: Timestamp) -> Result<MemberId, Error> {
        if !request.method().is_safe() {
            self.allowed_origins.check(request)?;
        }
        let session = self.live_sessions.find(request, now).await?;
        self.live_sessions.touch(&session, now).await
    }
}

fn refusal(request: &Request, now: Timestamp, error: &Error) -> Result<Decision, Undecided> {
    AuditContext::from_request(request, now).failure(error);
    match error {
        Error::NotAuthenticated | Error::CrossSite => Ok(Decision::NOT_AUTHORIZED),
        Error::InvalidRequest(_)
        | Error::InvalidCredentials
        | Error::ProxyRequired
        | Error::NotFound
        | Error::PayloadTooLarge
        | Error::UnsupportedMediaType
        | Error::TooManyRequests { .. }
        | Error::Internal
        | Error::Unavailable(_) => Err(Undecided),
    }
}

/// Serves the gateway's events. Does not return while the runtime can be reached.
///
/// # Errors
/// When the runtime itself cannot be reached.
pub async fn run(authorizer: Authorizer) -> Result<(), lambda_runtime::Error> {
    let authorizer = &authorizer;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let decision = authorizer.decide(&event.payload, Timestamp::now()).await;
        decision.map_err(lambda_runtime::Error::from)
    }))
    .await
}
