//! The path from Lambda's event to a handler and back. Every event gets a documented response. Neither an `Err` nor a
//! panic reaches the runtime.

use crate::config::{ConfigError, Environment};
use crate::gateway::process::{Function, Start};
use crate::gateway::proxy::TrustedProxy;
use crate::gateway::{Error, Request, RequestParts, Response, deadline};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use futures_util::FutureExt;
use http::Method;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, Context, LambdaEvent, Service, service_fn};
use serde_json::value::{RawValue, Value, to_raw_value};
use serde_json::{from_str, json};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

/// The handler of one route.
pub trait Handler: Send + Sync {
    /// The route's method. A handler sees only requests with this method and the route's path.
    fn method(&self) -> Method;

    /// Answers a request. If there is a trusted proxy, the request came through it.
    fn handle(&self, request: &Request) -> impl Future<Output = Result<Response, Error>> + Send;
}

/// The layer between API Gateway and a handler: the trusted proxy, the time limit and the panic boundary.
#[derive(Debug)]
pub struct Gateway<H> {
    handler: H,
    proxy: TrustedProxy,
}

impl<H> Gateway<H> {
    /// Wraps a handler.
    ///
    /// # Errors
    /// When `PROXY_SECRET` is bad.
    pub fn with_handler(environment: &Environment, handler: H) -> Result<Self, ConfigError> {
        Ok(Self { handler, proxy: TrustedProxy::from_env(environment)? })
    }

    /// The handler.
    pub const fn handler(&self) -> &H {
        &self.handler
    }
}

impl<H: Handler> Gateway<H> {
    /// The response to one API Gateway event of either payload format, as Lambda returns it. For tests and the local
    /// server.
    pub async fn respond(&self, event: &RawValue, now: Timestamp) -> Value {
        from_str(self.write_response(event, now).await.get()).expect("it was written as JSON")
    }

    /// Serializes the response directly. Building a [`Value`] first would cost 1 % of a warm status call.
    async fn write_response(&self, event: &RawValue, now: Timestamp) -> Box<RawValue> {
        let Ok(mut event) = from_str::<LambdaRequest>(event.get()) else { return malformed() };
        let Some(parts) = RequestParts::take_from(&mut event) else { return malformed() };
        let request = Request::new(parts, &self.proxy, now);
        let respond =
            service_fn(async |_| Ok::<_, Infallible>(http::Response::from(self.answer(&request).await)));
        // The rest of the event determines the format of the response.
        let Ok(response) = Adapter::from(respond).call(LambdaEvent::new(event, Context::default())).await;
        to_raw_value(&response).unwrap_or_else(|_| malformed())
    }

    async fn answer(&self, request: &Request) -> Response {
        let outcome = AssertUnwindSafe(self.admit(request)).catch_unwind().await;
        outcome.unwrap_or(Err(Error::Internal)).unwrap_or_else(|error| request.fail(error))
    }

    async fn admit(&self, request: &Request) -> Result<Response, Error> {
        request.require_route(&self.handler.method())?;
        self.proxy.require(request)?;
        deadline::limit(self.handler.handle(request)).await
    }
}

impl<H: Handler + Start> Start for Gateway<H> {
    fn new(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        Self::with_handler(environment, H::new(environment, dynamodb)?)
    }

    async fn warm_up(&self) {
        self.handler.warm_up().await;
    }
}

impl<H: Handler + Start> Function for Gateway<H> {
    type Output = Box<RawValue>;

    async fn invoke(
        &self,
        event: LambdaEvent<Box<RawValue>>,
    ) -> Result<Box<RawValue>, lambda_runtime::Error> {
        Ok(self.write_response(&event.payload, Timestamp::now()).await)
    }
}

/// The response to an event that API Gateway never sends.
fn malformed() -> Box<RawValue> {
    let response = Response::from(Error::InvalidRequest("the request cannot be read".into()));
    let (parts, body) = http::Response::<Body>::from(response).into_parts();
    let headers =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let response = json!({
        "statusCode": parts.status.as_u16(),
        "headers": headers.collect::<std::collections::BTreeMap<_, _>>(),
        "body": String::from_utf8_lossy(&body),
        "isBase64Encoded": false,
    });
    to_raw_value(&response).expect("a value is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::audit::write_to;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Answers every second request, and panics at the others.
    struct Unsteady(AtomicBool);

    impl Handler for Unsteady {
        fn method(&self) -> Method {
            Method::GET
        }

        async fn handle(&self, _: &Request) -> Result<Response, Error> {
            assert!(self.0.fetch_not(Ordering::Relaxed), "a bug");
            Ok(Response::ok("{}"))
        }
    }

    fn gateway() -> Gateway<Unsteady> {
        write_to(|line| eprintln!("{line}"));
        Gateway { handler: Unsteady(AtomicBool::new(false)), proxy: TrustedProxy::default() }
    }

    #[tokio::test]
    async fn a_panic_returns_500_and_the_next_request_is_served() {
        let event: Value = from_str(include_str!("../../../events/status.json")).unwrap();
        let event = to_raw_value(&event).unwrap();
        let gateway = gateway();
        for (status, code) in [(500, Some("INTERNAL_SERVER_ERROR")), (200, None)] {
            let response = gateway.respond(&event, Timestamp::now()).await;
            assert_eq!(response["statusCode"], json!(status));
            let body: Value = from_str(response["body"].as_str().unwrap()).unwrap();
            assert_eq!(body["code"].as_str(), code);
            assert_eq!(response["headers"]["cache-control"], json!("no-store"));
        }
    }

    #[tokio::test]
    async fn an_event_that_api_gateway_never_sends_is_a_bad_request() {
        for event in ["null", "[]", "\"x\"", "{}", "{\"version\":\"2.0\"}"] {
            let event = RawValue::from_string(event.into()).unwrap();
            let response = gateway().respond(&event, Timestamp::now()).await;
            assert_eq!(response["statusCode"], json!(400), "{event}");
        }
    }
}
