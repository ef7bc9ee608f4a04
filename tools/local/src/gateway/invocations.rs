//! Lambda's Invoke API for the functions that an application invokes. Any AWS SDK with this server as its endpoint can
//! call them: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
//!
//! Any program that can reach this port can change members, just as it can through the database's port. Web pages are
//! refused.

use crate::error::Error;
use crate::gateway;
use authorizer::Authorizer;
use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use embedded_dynamodb::refuse_pages;
use members_function::MembersFunction;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use shared::config::Environment;
use shared::gateway::process::Start;
use shared::timestamp::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// Lambda's path. An SDK writes the function's name, or its ARN with percent-encoded colons.
const PATH: &str = "/2015-03-31/functions/{name}/invocations";

/// The functions that have no route, or that an application server invokes itself.
struct Functions {
    members: MembersFunction,
    authorizer: Authorizer,
}

/// The route of the Invoke API. The functions are started as on Lambda.
pub(crate) fn router(environment: &Environment, dynamodb: &Client) -> Result<Router, Error> {
    let functions = Functions {
        members: MembersFunction::new(environment, dynamodb)?,
        authorizer: Authorizer::new(environment, dynamodb)?,
    };
    let routes = Router::new().route(PATH, any(respond)).with_state(Arc::new(functions));
    Ok(routes.route_layer(from_fn(refuse_pages)))
}

async fn respond(
    State(functions): State<Arc<Functions>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    invoke(&functions, &name, request).await.unwrap_or_else(Response::from)
}

async fn invoke(functions: &Functions, name: &str, request: Request) -> Result<Response, InvokeError> {
    let (head, body) = request.into_parts();
    check(&head.method, &head.headers)?;
    let name = FunctionName::parse(name).ok_or(InvokeError::NotFound)?;
    let body = gateway::read(body).await.map_err(|_| InvokeError::NotJson)?;
    let payload: &RawValue = serde_json::from_slice(&body).map_err(|_| InvokeError::NotJson)?;
    let (request_id, now) = (Uuid::new_v4().to_string(), Timestamp::now());
    let returned = match name {
        FunctionName::Members => Ok(to_json(&functions.members.respond(payload, &request_id, now).await)),
        FunctionName::Authorizer => functions.authorizer.decide(payload, now).await.map(|it| to_json(&it)),
    };
    let headers = [("x-amzn-requestid", request_id.as_str()), ("x-amz-executed-version", "$LATEST")];
    let (body, failed) = match returned {
        Ok(body) => (body, None),
        Err(error) => (
            json!({ "errorType": "Undecided", "errorMessage": error.to_string() }).to_string(),
            Some([("x-amz-function-error", "Unhandled")]),
        ),
    };
    Ok((JSON, headers, failed, body).into_response())
}

/// The headers of every response.
const JSON: [(HeaderName, &str); 2] =
    [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];

fn to_json(returned: &impl Serialize) -> String {
    serde_json::to_string(returned).expect("a function's response is JSON")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FunctionName {
    Members,
    Authorizer,
}

impl FunctionName {
    /// The function with this name, ARN or partial ARN, with or without a version or an alias. `cargo lambda watch`
    /// uses the names of the binaries. `CloudFormation` includes the function's logical id from `template.yaml` in the
    /// deployed name.
    fn parse(name: &str) -> Option<Self> {
        let name = name.rsplit_once(":function:").map_or(name, |(_account, name)| name);
        let name = name.strip_prefix("function:").unwrap_or(name);
        let name = name.split_once(':').map_or(name, |(name, _alias)| name);
        match name {
            "members" | "members-function" => Some(Self::Members),
            "authorizer" => Some(Self::Authorizer),
            _ if name.contains("-MembersFunction-") => Some(Self::Members),
            _ if name.contains("-AuthorizerFunction-") => Some(Self::Authorizer),
            _ => None,
        }
    }
}

/// Checks that the request is a signed, synchronous invocation.
fn check(method: &Method, headers: &HeaderMap) -> Result<(), InvokeError> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !authorization.is_some_and(is_signature) {
        return Err(InvokeError::Unsigned);
    }
    if method != Method::POST {
        return Err(InvokeError::NotFound);
    }
    match headers.get("x-amz-invocation-type").map(HeaderValue::as_bytes) {
        None | Some(b"RequestResponse") => Ok(()),
        Some(_) => Err(InvokeError::InvocationType),
    }
}

/// Whether the header is a version 4 signature for Lambda. The server has no key to verify the signature with.
fn is_signature(authorization: &str) -> bool {
    authorization.starts_with("AWS4-HMAC-SHA256 Credential=")
        && authorization.contains("/lambda/aws4_request,")
}

/// Why the function is not invoked, as one of Lambda's errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InvokeError {
    /// The request has no signature.
    Unsigned,
    /// The request names another function or uses another method.
    NotFound,
    /// The request asks for an asynchronous invocation, which is not supported.
    InvocationType,
    /// The payload is not JSON, or is over the server's limit.
    NotJson,
}

impl From<InvokeError> for Response {
    fn from(error: InvokeError) -> Self {
        let (status, kind, message) = match error {
            InvokeError::Unsigned => {
                (StatusCode::FORBIDDEN, "MissingAuthenticationTokenException", "Missing Authentication Token")
            }
            InvokeError::NotFound => (
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                "Function not found: invoke `members` or `authorizer` by POST",
            ),
            InvokeError::InvocationType => (
                StatusCode::BAD_REQUEST,
                "InvalidParameterValueException",
                "the invocation type must be RequestResponse",
            ),
            InvokeError::NotJson => (
                StatusCode::BAD_REQUEST,
                "InvalidRequestContentException",
                "Could not parse request body into json",
            ),
        };
        let body = json!({ "Type": "User", "message": message }).to_string();
        (status, JSON, [("x-amzn-errortype", kind)], body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=AKIA/20261128/us-east-1/lambda/aws4_request, \
                             SignedHeaders=host;x-amz-date, Signature=0123abcd";

    fn verdict(headers: &[(&'static str, &str)]) -> Result<(), InvokeError> {
        let header =
            |&(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        check(&Method::POST, &headers.iter().map(header).collect())
    }

    #[test]
    fn an_invocation_is_signed_and_synchronous() {
        assert_eq!(verdict(&[("authorization", SIGNATURE)]), Ok(()));
        assert_eq!(verdict(&[]), Err(InvokeError::Unsigned));
        for unsigned in ["Bearer x", &SIGNATURE.replace("lambda", "s3")] {
            assert_eq!(verdict(&[("authorization", unsigned)]), Err(InvokeError::Unsigned), "{unsigned}");
        }
        let asynchronous = [("authorization", SIGNATURE), ("x-amz-invocation-type", "Event")];
        assert_eq!(verdict(&asynchronous), Err(InvokeError::InvocationType));
    }

    #[test]
    fn a_deployed_name_means_its_function() {
        for name in [
            "members:live",
            "members-function:$LATEST",
            "arn:aws:lambda:us-east-1:123456789012:function:session-api-MembersFunction-1A2B3C:live",
            "arn:aws:lambda:us-east-1:123456789012:function:members",
            "123456789012:function:members:live",
            "function:members",
        ] {
            assert_eq!(FunctionName::parse(name), Some(FunctionName::Members), "{name}");
        }
        for name in ["authorizer", "function:session-api-AuthorizerFunction-1A2B3C:live"] {
            assert_eq!(FunctionName::parse(name), Some(FunctionName::Authorizer), "{name}");
        }
        for name in ["login", "members2", ":members", "123456789012:function:login:members", ""] {
            assert_eq!(FunctionName::parse(name), None, "{name}");
        }
    }
}
