//! The gateway's question: the parts of a request that the authorizer needs.
//!
//! Other parts are not read, so their form decides nothing. Local gateways send null for parts of the request context
//! (aws/aws-sam-cli #3304). The URL is not read either: `lambda_http` builds a URI from the query, and panics on some
//! queries that browsers send.

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::http::{HeaderMap, HeaderName, HeaderValue, header};
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Question {
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

impl From<Context> for RequestContext {
    fn from(context: Context) -> Self {
        let mut known = ApiGatewayV2httpRequestContext::default();
        known.request_id = context.request_id;
        known.http.source_ip = context.http.source_ip;
        Self::ApiGatewayV2(known)
    }
}

/// The method, headers, cookies and request context of an event; `None` when it is not an event of the gateway.
pub(crate) fn parse(event: &RawValue) -> Option<Request> {
    let question: Question = serde_json::from_str(event.get()).ok()?;
    let mut headers = headers(&question.headers)?;
    // Some emulators send an empty list and leave the cookies in the header.
    if let Some(cookies) = question.cookies.filter(|cookies| !cookies.is_empty()) {
        headers.insert(header::COOKIE, HeaderValue::try_from(cookies.join("; ")).ok()?);
    }
    let mut request = Request::default();
    *request.method_mut() = question.request_context.http.method.parse().ok()?;
    *request.headers_mut() = headers;
    Some(request.with_request_context(question.request_context.into()))
}

/// One malformed header makes the event malformed, so that no check is skipped for a header that was dropped.
fn headers(headers: &HashMap<String, String>) -> Option<HeaderMap> {
    let header = |(name, value): (&String, &String)| {
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    };
    headers.iter().map(header).collect()
}
