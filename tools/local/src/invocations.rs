//! Lambda's Invoke API for the members function, so that any AWS SDK with this server as its endpoint invokes it:
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
//!
//! Every program that can reach the port can change members, as it can at the database's port. A web page
//! must not. So a request needs an `Authorization` header, which a page can send only after a preflight, and
//! preflights are not answered. A request with an `Origin`, which browsers send with every POST, is refused.

use crate::error::Error;
use crate::gateway;
use crate::settings::Settings;
use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use members_function::MembersFunction;
use serde_json::json;
use serde_json::value::RawValue;
use shared::gateway::process::Start;
use shared::random::random;
use shared::timestamp::Timestamp;
use std::sync::Arc;

/// Lambda's path. An SDK writes the function's name, or its ARN with percent-encoded colons.
const PATH: &str = "/2015-03-31/functions/{name}/invocations";

/// The function's names here: a short one, and the name of its binary, which `cargo lambda watch` uses.
const NAMES: [&str; 2] = ["members", "members-function"];

/// The route. The function is started as on Lambda.
pub(crate) fn router(settings: &Settings, client: &Client) -> Result<Router, Error> {
    let function = MembersFunction::new(&settings.of_function("members-function"), client)?;
    Ok(Router::new().route(PATH, any(answer)).with_state(Arc::new(function)))
}

async fn answer(
    State(function): State<Arc<MembersFunction>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    invoke(&function, &name, request).await.unwrap_or_else(Response::from)
}

async fn invoke(function: &MembersFunction, name: &str, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    check(&head.method, &head.headers)?;
    if !NAMES.contains(&name) {
        return Err(Refusal::NotFound);
    }
    let body = gateway::read(body).await.map_err(|_| Refusal::NotJson)?;
    let payload: &RawValue = serde_json::from_slice(&body).map_err(|_| Refusal::NotJson)?;
    let request_id = request_id();
    let answer = function.respond(payload, &request_id, Timestamp::now()).await;
    let answer = serde_json::to_string(&answer).expect("an answer is JSON");
    Ok(response(
        StatusCode::OK,
        answer,
        &[("x-amzn-requestid", &request_id), ("x-amz-executed-version", "$LATEST")],
    ))
}

/// Checks that the request comes from an AWS SDK and not from a web page.
fn check(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site") {
        return Err(Refusal::Page);
    }
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !authorization.is_some_and(is_signature) {
        return Err(Refusal::Unsigned);
    }
    if method != Method::POST {
        return Err(Refusal::NotFound);
    }
    match headers.get("x-amz-invocation-type").map(HeaderValue::as_bytes) {
        None | Some(b"RequestResponse") => Ok(()),
        Some(_) => Err(Refusal::InvocationType),
    }
}

/// Whether the header has the form of a signature of version 4. The server knows no key to verify it.
fn is_signature(authorization: &str) -> bool {
    let Some(parts) = authorization.strip_prefix("AWS4-HMAC-SHA256 ") else { return false };
    let part = |name| parts.split(',').find_map(|part| part.trim().strip_prefix(name));
    let is_scope = |scope: &str| scope.split('/').count() == 5 && scope.ends_with("/lambda/aws4_request");
    let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    part("Credential=").is_some_and(is_scope)
        && part("SignedHeaders=").is_some_and(|names| !names.is_empty())
        && part("Signature=").is_some_and(is_hex)
}

/// Why the function is not invoked, in Lambda's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// The request comes from a web page.
    Page,
    /// The request has no signature.
    Unsigned,
    /// The request names another function or uses another method.
    NotFound,
    /// The request asks for an asynchronous invocation, which is not supported.
    InvocationType,
    /// The payload is not JSON, or is over the server's limit.
    NotJson,
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let (status, kind, message) = match refusal {
            Refusal::Page => (
                StatusCode::FORBIDDEN,
                "AccessDeniedException",
                "pages may not invoke functions: send the request from a server",
            ),
            Refusal::Unsigned => {
                (StatusCode::FORBIDDEN, "MissingAuthenticationTokenException", "Missing Authentication Token")
            }
            Refusal::NotFound => (
                StatusCode::NOT_FOUND,
                "ResourceNotFoundException",
                "Function not found: invoke `members` by POST",
            ),
            Refusal::InvocationType => (
                StatusCode::BAD_REQUEST,
                "InvalidParameterValueException",
                "the invocation type must be RequestResponse",
            ),
            Refusal::NotJson => (
                StatusCode::BAD_REQUEST,
                "InvalidRequestContentException",
                "Could not parse request body into json",
            ),
        };
        let body = json!({ "Type": "User", "message": message }).to_string();
        response(status, body, &[("x-amzn-errortype", kind)])
    }
}

fn response(status: StatusCode, body: String, headers: &[(&'static str, &str)]) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let own = headers.iter().chain(&[("content-type", "application/json"), ("cache-control", "no-store")]);
    response.headers_mut().extend(own.map(|&(name, value)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("header text"))
    }));
    response
}

/// A UUID of version 4, which Lambda uses as request id.
fn request_id() -> String {
    let mut bytes: [u8; 16] = random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let hex: String = hex.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature() -> String {
        let scope = "AKIA/20261128/us-east-1/lambda/aws4_request";
        format!(
            "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={}",
            "a".repeat(64)
        )
    }

    fn verdict(headers: &[(&'static str, &str)]) -> Result<(), Refusal> {
        let header =
            |&(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        check(&Method::POST, &headers.iter().map(header).collect())
    }

    #[test]
    fn an_invocation_is_signed_and_comes_from_no_page() {
        let signature = signature();
        assert_eq!(verdict(&[("authorization", &signature)]), Ok(()));
        for origin in ["http://localhost:9000", "null", ""] {
            assert_eq!(verdict(&[("authorization", &signature), ("origin", origin)]), Err(Refusal::Page));
        }
        for site in ["same-origin", "cross-site", "none"] {
            assert_eq!(
                verdict(&[("authorization", &signature), ("sec-fetch-site", site)]),
                Err(Refusal::Page)
            );
        }
        assert_eq!(verdict(&[]), Err(Refusal::Unsigned));
        for unsigned in [
            "Bearer x",
            "AWS4-HMAC-SHA256 ",
            &signature.replace("lambda", "s3"),
            &signature.replace("Signature=", "signature="),
            &signature[..signature.len() - 1],
        ] {
            assert_eq!(verdict(&[("authorization", unsigned)]), Err(Refusal::Unsigned), "{unsigned}");
        }
        let asynchronous = [("authorization", signature.as_str()), ("x-amz-invocation-type", "Event")];
        assert_eq!(verdict(&asynchronous), Err(Refusal::InvocationType));
    }
}
