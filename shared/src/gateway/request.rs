//! A request, read once from the gateway's event. The client and the host are determined here and nowhere else.

use crate::gateway::audit::AuditContext;
use crate::gateway::client::ClientAddress;
use crate::gateway::proxy::{Sender, TrustedProxy};
use crate::gateway::{Error, Response};
use crate::timestamp::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Method, header};
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use lambda_http::aws_lambda_events::query_map::QueryMap;
use lambda_http::request::LambdaRequest;
use std::borrow::Cow;
use std::mem::take;

/// The largest accepted body, in bytes after base64 decoding.
pub const LARGEST_BODY_BYTES: usize = 4096;

/// The parts of an API Gateway event, the same for both payload formats. The client chooses most of them.
#[derive(Default)]
pub struct RequestParts {
    /// The method.
    pub method: Method,
    /// The path without the name of the stage.
    pub path: String,
    /// The decoded parameters of the query.
    pub query: QueryMap,
    /// The headers, with all cookies in `Cookie`.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
    /// Whether the body is base64 (RFC 4648, section 4).
    pub is_base64_encoded: bool,
    /// The address of the gateway's peer.
    pub source_ip: Option<String>,
    /// The gateway's id of the request.
    pub request_id: Option<String>,
}

impl RequestParts {
    /// Moves the parts out of an event; `None` for an event of another service. `lambda_http` panics when it builds an
    /// `http::Request` from some queries, hosts and bodies, so it gets the event without these parts.
    pub(super) fn take_from(event: &mut LambdaRequest) -> Option<Self> {
        match event {
            LambdaRequest::ApiGatewayV1(event) => Some(take(event).into()),
            LambdaRequest::ApiGatewayV2(event) => Some(take(event).into()),
            _ => None,
        }
    }

    /// Adds the cookies that payload format 2.0 has in a list. Some emulators leave the list empty and put the cookies
    /// in the header.
    #[must_use]
    pub fn with_cookies(mut self, cookies: Option<Vec<String>>) -> Self {
        if let Some(cookies) = cookies.filter(|cookies| !cookies.is_empty()) {
            self.headers.remove(header::COOKIE);
            let cookies = HeaderValue::try_from(cookies.join("; "));
            self.headers.extend(cookies.ok().map(|cookies| (header::COOKIE, cookies)));
        }
        self
    }
}

/// Payload format 1.0. If a header has several values, `headers` has only the last one, so `multiValueHeaders` is
/// preferred.
impl From<ApiGatewayProxyRequest> for RequestParts {
    fn from(event: ApiGatewayProxyRequest) -> Self {
        let (headers, query) = (event.multi_value_headers, event.multi_value_query_string_parameters);
        Self {
            method: event.http_method,
            path: event.path.unwrap_or_default(),
            query: if query.is_empty() { event.query_string_parameters } else { query },
            headers: if headers.is_empty() { event.headers } else { headers },
            body: event.body.unwrap_or_default(),
            is_base64_encoded: event.is_base64_encoded,
            source_ip: event.request_context.identity.source_ip,
            request_id: event.request_context.request_id,
        }
    }
}

/// Payload format 2.0. `queryStringParameters` joins several values with commas, so the raw query is read.
impl From<ApiGatewayV2httpRequest> for RequestParts {
    fn from(event: ApiGatewayV2httpRequest) -> Self {
        let context = event.request_context;
        let parts = Self {
            method: context.http.method,
            path: without_stage(event.raw_path.unwrap_or_default(), context.stage.as_deref()),
            query: event.raw_query_string.unwrap_or_default().parse().unwrap_or_default(),
            headers: event.headers,
            body: event.body.unwrap_or_default(),
            is_base64_encoded: event.is_base64_encoded,
            source_ip: context.http.source_ip,
            request_id: context.request_id,
        };
        parts.with_cookies(event.cookies)
    }
}

/// Removes the stage, which payload format 2.0 puts in front of the path. The stage `$default` is not in the path.
fn without_stage(path: String, stage: Option<&str>) -> String {
    let below = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    below.filter(|rest| rest.starts_with('/')).map(str::to_owned).unwrap_or(path)
}

/// A request and its sender.
pub struct Request {
    parts: RequestParts,
    sender: Sender,
    audit: AuditContext,
}

impl Request {
    /// The request with these parts, which arrived at `now`. Removes the proxy's headers.
    pub fn new(mut parts: RequestParts, proxy: &TrustedProxy, now: Timestamp) -> Self {
        let sender = proxy.identify(&mut parts);
        let audit = AuditContext::from_client(sender.client, parts.request_id.take(), now);
        let request = Self { parts, sender, audit };
        proxy.log_shared_limits(&request);
        request
    }

    /// The method.
    pub const fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The headers without those of the proxy.
    pub const fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// All values of a parameter of the query.
    pub fn query(&self, name: &str) -> Vec<&str> {
        self.parts.query.all(name).unwrap_or_default()
    }

    /// The client whose limits apply.
    pub const fn client(&self) -> ClientAddress {
        self.sender.client
    }

    /// The host to which the client sent the request.
    pub fn host(&self) -> Option<&str> {
        self.sender.host.as_deref()
    }

    /// Whether the request came through the trusted proxy.
    pub const fn is_from_proxy(&self) -> bool {
        self.sender.is_proxy
    }

    /// The time of arrival. The code that handles the request never reads the clock again.
    pub const fn now(&self) -> Timestamp {
        self.audit.now()
    }

    /// The context of every line that is logged about the request.
    pub const fn audit(&self) -> &AuditContext {
        &self.audit
    }

    /// The response to a failure. The failure is logged here and nowhere else.
    pub fn fail(&self, error: Error) -> Response {
        self.audit.failure(&error);
        error.into()
    }

    /// Requires that the request is `method` on `/sessions` or `/sessions/`. The code does not rely on the gateway's
    /// routes, because they match more paths and can be changed separately.
    pub(super) fn require_route(&self, method: &Method) -> Result<(), Error> {
        let is_sessions = matches!(&*self.parts.path, "/sessions" | "/sessions/");
        if is_sessions && self.parts.method == method { Ok(()) } else { Err(Error::NotFound) }
    }

    /// The text of a JSON body.
    ///
    /// # Errors
    /// [`Error::PayloadTooLarge`], [`Error::UnsupportedMediaType`], [`Error::InvalidRequest`], in this order.
    pub fn json_body(&self) -> Result<Cow<'_, str>, Error> {
        let body = self.body();
        if body.as_ref().is_some_and(|body| body.len() > LARGEST_BODY_BYTES) {
            return Err(Error::PayloadTooLarge);
        }
        require_json(&self.parts.headers)?;
        let body = body.ok_or_else(|| Error::InvalidRequest("the body is not base64".into()))?;
        utf8(body).ok_or_else(|| Error::InvalidRequest("the body is not UTF-8".into()))
    }

    /// The body in bytes; `None` if the event says that the body is base64 and the body is not.
    fn body(&self) -> Option<Cow<'_, [u8]>> {
        let body = self.parts.body.as_bytes();
        if self.parts.is_base64_encoded {
            STANDARD.decode(body).ok().map(Cow::Owned)
        } else {
            Some(body.into())
        }
    }
}

fn utf8(bytes: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match bytes {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// Requires one `Content-Type`, `application/json` or `application/…+json` with any parameters, and no content coding.
fn require_json(headers: &HeaderMap) -> Result<(), Error> {
    if !is_json(headers) {
        return Err(Error::UnsupportedMediaType("the media type must be application/json"));
    }
    let is_identity = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).iter().all(is_identity) {
        Ok(())
    } else {
        Err(Error::UnsupportedMediaType("the body must not have a Content-Encoding"))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut fields = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return false };
    let essence = field.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    match essence.trim().to_ascii_lowercase().strip_prefix("application/") {
        Some("json") => true,
        Some(subtype) => subtype.strip_suffix("+json").is_some_and(is_token),
        None => false,
    }
}

/// Whether the text is a token (RFC 9110, section 5.6.2).
fn is_token(text: &str) -> bool {
    let is_tchar = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(is_tchar)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(headers: &[(header::HeaderName, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        require_json(&headers.collect()).is_ok()
    }

    #[test]
    fn the_json_media_type_is_accepted_in_any_case_with_any_parameters() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;profile=\"x;y\"",
            " application/json ;",
            "application/problem+json",
            "application/vnd.api+json; v=1",
        ] {
            assert!(accepts(&[(header::CONTENT_TYPE, good)]), "{good}");
        }
        for bad in [
            "",
            "text/json",
            "text/plain",
            "application/jsonp",
            "application/+json",
            "application/a b+json",
            "application/json, text/plain",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!accepts(&[(header::CONTENT_TYPE, bad)]), "{bad}");
        }
        assert!(!accepts(&[]));
        assert!(!accepts(&[
            (header::CONTENT_TYPE, "application/json"),
            (header::CONTENT_TYPE, "text/plain")
        ]));
    }

    #[test]
    fn a_body_with_a_content_coding_is_refused() {
        for (coding, is_accepted) in [("identity", true), ("Identity", true), ("gzip", false), ("", false)] {
            let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, coding)];
            assert_eq!(accepts(&headers), is_accepted, "{coding}");
        }
    }
}
