//! From Lambda's event to a handler and back. Every event gets an answer of the contract, and neither an `Err` nor a
//! panic reaches the runtime.

use crate::gateway::audit::AuditContext;
use crate::gateway::http::{Reply, require_route};
use crate::gateway::proxy::TrustedProxy;
use crate::gateway::{Error, deadline};
use crate::timestamp::Timestamp;
use ::http::Method;
use futures_util::FutureExt;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, Context, LambdaEvent, Request, Response, Service, service_fn};
use serde_json::value::{RawValue, Value, to_raw_value};
use serde_json::{from_str, json};
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The code of one route.
pub trait Handler: Send + Sync {
    /// The route's method. A handler sees no request with another method or to another path.
    fn method(&self) -> &Method;

    /// The proxy that requests must come through. A handler sees no request that went around it.
    fn proxy(&self) -> &TrustedProxy;

    /// Answers a request that arrived at `now`. No code below reads the clock again.
    fn handle(&self, request: &Request, now: Timestamp) -> impl Future<Output = Result<Reply, Error>> + Send;
}

/// Serves Lambda's events with `handler`. Does not return while the runtime can be reached.
///
/// # Errors
/// When the runtime itself cannot be reached.
pub async fn run(handler: impl Handler) -> Result<(), lambda_runtime::Error> {
    let handler = &handler;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        Ok::<_, Infallible>(written_answer(handler, &event.payload, Timestamp::now()).await)
    }))
    .await
}

/// The answer to one event of API Gateway, in either payload format: what [`run`] sends, for tests and the local
/// server.
pub async fn answer(handler: &impl Handler, event: &RawValue, now: Timestamp) -> Value {
    from_str(written_answer(handler, event, now).await.get()).expect("it was written as JSON")
}

/// Serializes the answer directly, because a [`Value`] in between costs 1 % of a warm status call.
async fn written_answer(handler: &impl Handler, event: &RawValue, now: Timestamp) -> Box<RawValue> {
    let Ok(event) = from_str::<LambdaRequest>(event.get()) else { return malformed() };
    let event = LambdaEvent::new(event, Context::default());
    let mut adapter = Adapter::from(service_fn(|request| respond(handler, request, now)));
    // The adapter decodes the body in `call`, and panics where it is not the base64 it claims to be.
    match catch_unwind(AssertUnwindSafe(|| adapter.call(event))) {
        Ok(response) => match response.await {
            Ok(response) => to_raw_value(&response).unwrap_or_else(|_| malformed()),
        },
        Err(_) => malformed(),
    }
}

async fn respond(
    handler: &impl Handler,
    mut request: Request,
    now: Timestamp,
) -> Result<Response<Body>, Infallible> {
    let outcome = AssertUnwindSafe(admit_and_handle(handler, &mut request, now)).catch_unwind().await;
    let outcome = outcome.unwrap_or(Err(Error::Internal));
    Ok(outcome.unwrap_or_else(|error| AuditContext::from_request(&request, now).reply(error)).into())
}

async fn admit_and_handle(
    handler: &impl Handler,
    request: &mut Request,
    now: Timestamp,
) -> Result<Reply, Error> {
    require_route(request, handler.method())?;
    handler.proxy().admit(request, now)?;
    deadline::limit(handler.handle(request, now)).await
}

/// The answer to an event that no gateway sends.
fn malformed() -> Box<RawValue> {
    let reply = Reply::from(Error::InvalidRequest("the request cannot be read".into()));
    let (parts, body) = Response::<Body>::from(reply).into_parts();
    let headers =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let answer = json!({
        "statusCode": parts.status.as_u16(),
        "headers": headers.collect::<std::collections::BTreeMap<_, _>>(),
        "body": String::from_utf8_lossy(&body),
        "isBase64Encoded": false,
    });
    to_raw_value(&answer).expect("a value is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every second request, and panics at the others.
    #[derive(Default)]
    struct Unsteady(std::sync::atomic::AtomicBool, TrustedProxy);

    impl Handler for Unsteady {
        fn method(&self) -> &Method {
            &Method::GET
        }

        fn proxy(&self) -> &TrustedProxy {
            &self.1
        }

        async fn handle(&self, _: &Request, _: Timestamp) -> Result<Reply, Error> {
            assert!(self.0.fetch_not(std::sync::atomic::Ordering::Relaxed), "a fault of ours");
            Ok(Reply::ok("{}"))
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_and_the_next_request_is_served() {
        let event: Value = from_str(include_str!("../../../events/status.json")).unwrap();
        let event = to_raw_value(&event).unwrap();
        let handler = Unsteady::default();
        for (status, code) in [(500, Some("INTERNAL_SERVER_ERROR")), (200, None)] {
            let answer = answer(&handler, &event, Timestamp::now()).await;
            assert_eq!(answer["statusCode"], json!(status));
            let body: Value = from_str(answer["body"].as_str().unwrap()).unwrap();
            assert_eq!(body["code"].as_str(), code);
            assert_eq!(answer["headers"]["cache-control"], json!("no-store"));
        }
    }

    async fn status_of_answer_to(event: &str) -> Value {
        let event = RawValue::from_string(event.into()).unwrap();
        answer(&Unsteady::default(), &event, Timestamp::now()).await["statusCode"].clone()
    }

    #[tokio::test]
    async fn an_event_that_no_gateway_sends_is_a_bad_request() {
        for event in ["null", "[]", "\"x\"", "{}", "{\"version\":\"2.0\"}"] {
            assert_eq!(status_of_answer_to(event).await, json!(400), "{event}");
        }
    }
}
