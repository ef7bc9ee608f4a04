//! The gateway's event: the parts of a request that the authorizer needs.
//!
//! No other part is read, so a malformed part does no harm. For example, local gateways send null for parts of the
//! request context (aws/aws-sam-cli #3304).

use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use shared::gateway::RequestParts;
use std::collections::HashMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizerRequest {
    headers: HashMap<String, String>,
    cookies: Option<Vec<String>>,
    request_context: Context,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    request_id: Option<String>,
    http: Http,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    source_ip: Option<String>,
}

/// The method, headers, cookies and sender of an event; `None` if it is not an event of the gateway.
pub(crate) fn parse(event: &RawValue) -> Option<RequestParts> {
    let request: AuthorizerRequest = serde_json::from_str(event.get()).ok()?;
    let parts = RequestParts {
        method: request.request_context.http.method.parse().ok()?,
        headers: headers(&request.headers)?,
        source_ip: request.request_context.http.source_ip,
        request_id: request.request_context.request_id,
        ..RequestParts::default()
    };
    Some(parts.with_cookies(request.cookies))
}

/// One malformed header makes the whole event malformed, because dropping the header could skip a check.
fn headers(headers: &HashMap<String, String>) -> Option<HeaderMap> {
    let header = |(name, value): (&String, &String)| {
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    };
    headers.iter().map(header).collect()
}
