//! An authorizer for the routes of other HTTP APIs: it lets a request through when its session is live, and
//! says whose it is.
//!
//! The gateway hands it the request in the authorizer's payload format 2.0 and takes a simple response:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>.

use aws_sdk_dynamodb::Client;
use lambda_http::request::LambdaRequest;
use lambda_http::{LambdaEvent, Request, service_fn};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, from_str};
use shared::audit::Trail;
use shared::client::AllowedOrigins;
use shared::config::{ConfigError, Environment};
use shared::deadline;
use shared::error::Error;
use shared::live_session::LiveSessions;
use shared::member::MemberId;
use shared::timestamp::Timestamp;
use std::panic::catch_unwind;

/// The authorizer function.
#[derive(Debug)]
pub struct Authorizer {
    allowed_origins: AllowedOrigins,
    live_sessions: LiveSessions,
}

/// The gateway's simple response: `{"isAuthorized":true,"context":{"memberId":1}}` or
/// `{"isAuthorized":false}`.
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

/// There is no decision. Told to the runtime as a failure, of which the gateway makes a 500: a refusal would
/// say that a member is logged out who is not.
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
            allowed_origins: environment.parsed("ALLOWED_ORIGINS", "")?,
            live_sessions: LiveSessions::new(environment, client)?,
        })
    }

    /// What can be done before the first request.
    pub async fn warm_up(&self) {
        self.live_sessions.warm_up().await;
    }

    /// Whether the request of the gateway's event is let through.
    ///
    /// # Errors
    /// [`Undecided`] when `DynamoDB` cannot be asked, or the event is not one of the gateway's.
    pub async fn decide(&self, event: &RawValue, now: Timestamp) -> Result<Decision, Undecided> {
        let request = request(event).ok_or(Undecided)?;
        let outcome = deadline::limit(Box::pin(self.member(&request, now))).await;
        outcome.or_else(|error| refusal(&request, &error))
    }

    /// A page of another site is refused all but reading, as it is at login and logout.
    async fn member(&self, request: &Request, now: Timestamp) -> Result<Decision, Error> {
        if !request.method().is_safe() {
            self.allowed_origins.check(request)?;
        }
        let session = self.live_sessions.find(request, now).await?;
        let member_id = self.live_sessions.touch(&session, now).await?;
        Ok(Decision { is_authorized: true, context: Some(Context { member_id }) })
    }
}

fn refusal(request: &Request, error: &Error) -> Result<Decision, Undecided> {
    Trail::of(request).failure(error);
    match error {
        Error::NotAuthenticated | Error::CrossSite => Ok(Decision { is_authorized: false, context: None }),
        Error::InvalidRequest(_)
        | Error::InvalidCredentials
        | Error::NotFound
        | Error::PayloadTooLarge
        | Error::UnsupportedMediaType
        | Error::TooManyRequests { .. }
        | Error::Internal
        | Error::Unavailable(_) => Err(Undecided),
    }
}

/// The request in an authorizer's event. It is like the event of a route, but for `identitySource`: a list
/// here, and a text in payload format 1.0, which `lambda_http` expects.
fn request(event: &RawValue) -> Option<Request> {
    let mut event: Map<String, Value> = from_str(event.get()).ok()?;
    event.remove("identitySource");
    let event = to_raw_value(&event).ok()?;
    let event = from_str::<LambdaRequest>(event.get()).ok()?;
    // A body is decoded here, with a panic where it is not the base64 that it claims to be.
    catch_unwind(|| Request::from(event)).ok()
}

/// Serves the gateway's questions, for ever.
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
