//! API Gateway in front of a function: checks the request and writes the response.

mod cors;
mod cross_site;
pub(crate) mod dispatcher;
mod event;
mod functions;
pub(crate) mod invocations;
pub(crate) mod peer;
mod routes;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

/// The gateway's quota for the size of a body. Lambda's own quota of 6 MB is not checked, because the functions refuse
/// bodies over 4096 bytes.
const LARGEST_BODY_BYTES: usize = 10 * 1024 * 1024;

/// The gateway's quota for the request line and all headers together.
const LARGEST_HEAD_BYTES: usize = 10_240;

/// The gateway's own responses, without a function.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum GatewayError {
    /// The request is not valid HTTP.
    BadRequest,
    /// A protected route was requested without a cookie.
    Unauthorized,
    /// The authorizer refused the request.
    Forbidden,
    /// No route matches the path and the method.
    NotFound,
    /// The body is over its quota.
    BodyTooLarge,
    /// The request line and headers are over their quota.
    HeadTooLarge,
    /// The function returned a malformed response, or the authorizer failed.
    InternalServerError,
}

impl From<GatewayError> for Response {
    fn from(error: GatewayError) -> Self {
        let (status, message) = match error {
            GatewayError::BadRequest => (StatusCode::BAD_REQUEST, "Bad Request"),
            GatewayError::Unauthorized => (StatusCode::UNAUTHORIZED, "Unauthorized"),
            GatewayError::Forbidden => (StatusCode::FORBIDDEN, "Forbidden"),
            GatewayError::NotFound => (StatusCode::NOT_FOUND, "Not Found"),
            GatewayError::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
            GatewayError::HeadTooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large")
            }
            GatewayError::InternalServerError => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        };
        let content_type = [(header::CONTENT_TYPE, "application/json")];
        (status, content_type, format!("{{\"message\":\"{message}\"}}")).into_response()
    }
}

/// Checks the request line and headers. Unlike API Gateway, which selects an API by the host, this server accepts any
/// valid host. An invalid host is refused, because `lambda_http` builds a URL from the host and would panic.
pub(crate) fn check(head: &Parts) -> Result<(), GatewayError> {
    if head_bytes(head) > LARGEST_HEAD_BYTES {
        return Err(GatewayError::HeadTooLarge);
    }
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(GatewayError::BadRequest) };
    let url = host.to_str().ok().and_then(|host| Url::parse(&format!("http://{host}/")).ok());
    url.map(|_| ()).ok_or(GatewayError::BadRequest)
}

/// The approximate size of the request line and headers.
fn head_bytes(head: &Parts) -> usize {
    let target = head.uri.path_and_query().map_or(0, |it| it.as_str().len());
    let headers = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    head.method.as_str().len() + target + headers.sum::<usize>()
}

/// Reads the whole body.
pub(crate) async fn read(body: Body) -> Result<Bytes, GatewayError> {
    to_bytes(body, LARGEST_BODY_BYTES).await.map_err(|error| {
        if error.into_inner().is::<LengthLimitError>() {
            GatewayError::BodyTooLarge
        } else {
            GatewayError::BadRequest
        }
    })
}

/// A function's response, in payload format 2.0.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionResponse {
    status_code: u16,
    headers: HashMap<String, String>,
    #[serde(default)]
    cookies: Vec<String>,
    body: String,
}

/// Converts a function's response into an HTTP response. No function returns a body in base64.
pub(crate) fn response(returned: Value) -> Result<Response, GatewayError> {
    let returned = serde_json::from_value::<FunctionResponse>(returned).ok();
    returned.and_then(FunctionResponse::into_response).ok_or(GatewayError::InternalServerError)
}

impl FunctionResponse {
    fn into_response(self) -> Option<Response> {
        let status = StatusCode::from_u16(self.status_code).ok()?;
        let mut headers = HeaderMap::try_from(&self.headers).ok()?;
        for cookie in self.cookies {
            headers.append(header::SET_COOKIE, cookie.parse().ok()?);
        }
        Some((status, headers, Body::from(self.body)).into_response())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::request::Builder;
    use axum::http::{HeaderValue, Request};
    use serde_json::json;

    fn verdict(request: Builder) -> Result<(), GatewayError> {
        check(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_request_names_one_host() {
        for good in ["localhost:9000", "127.0.0.1", "[::1]:9000", "app.localhost"] {
            assert_eq!(verdict(Request::get("/").header("host", good)), Ok(()), "{good}");
        }
        for bad in ["a b", "localhost:99999", "[::1", "a%zz", "<>", "localhost:x"] {
            assert_eq!(
                verdict(Request::get("/").header("host", bad)),
                Err(GatewayError::BadRequest),
                "{bad}"
            );
        }
        assert_eq!(verdict(Request::get("/")), Err(GatewayError::BadRequest));
        let twice = Request::get("/").header("host", "localhost").header("host", "localhost");
        assert_eq!(verdict(twice), Err(GatewayError::BadRequest));
        let latin = HeaderValue::from_bytes(b"caf\xe9").unwrap();
        assert_eq!(verdict(Request::get("/").header("host", latin)), Err(GatewayError::BadRequest));
    }

    #[test]
    fn the_request_line_and_headers_have_a_quota() {
        let request = |length| Request::get("/").header("host", "localhost").header("x", "x".repeat(length));
        let rest = "GET/hostlocalhostx".len();
        assert_eq!(verdict(request(LARGEST_HEAD_BYTES - rest)), Ok(()));
        assert_eq!(verdict(request(LARGEST_HEAD_BYTES - rest + 1)), Err(GatewayError::HeadTooLarge));
    }

    #[tokio::test]
    async fn a_body_has_a_quota() {
        assert_eq!(read(Body::from(vec![0; 10_485_760])).await.unwrap().len(), 10_485_760);
        assert_eq!(read(Body::from(vec![0; 10_485_761])).await, Err(GatewayError::BodyTooLarge));
    }

    #[tokio::test]
    async fn a_functions_response_is_sent_whole() {
        let response = response(json!({
            "statusCode": 201,
            "headers": { "content-type": "text/plain" },
            "cookies": ["a=1; Path=/", "b=2"],
            "body": "x",
        }));
        let response = response.unwrap();
        let all = |name: &str| response.headers().get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(response.status(), 201);
        assert_eq!(all("content-type"), ["text/plain"]);
        assert_eq!(all("set-cookie"), ["a=1; Path=/", "b=2"]);
        assert_eq!(read(response.into_body()).await.unwrap(), "x");
    }

    #[test]
    fn a_malformed_response_of_a_function_becomes_the_gateways_500() {
        for bad in [
            json!(null),
            json!({ "headers": {}, "body": "x" }),
            json!({ "statusCode": 99, "headers": {}, "body": "" }),
            json!({ "statusCode": 200, "headers": { "a b": "x" }, "body": "" }),
            json!({ "statusCode": 200, "headers": {}, "cookies": ["a\r\nb"], "body": "" }),
        ] {
            assert_eq!(response(bad.clone()).unwrap_err(), GatewayError::InternalServerError, "{bad}");
        }
    }
}
