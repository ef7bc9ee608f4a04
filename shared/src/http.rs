//! Bodies in, replies out, and the headers that every answer carries.

use crate::error::{Error, PROBLEM_JSON, RETRY_UNAVAILABLE_SECONDS};
use crate::quota::Decision;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, RequestExt, Response};

/// The largest body that is looked at, in bytes, after base64 decoding.
pub const LARGEST_BODY_BYTES: usize = 4096;

/// The headers of every answer. No answer may be cached, framed, sniffed, or run.
const EVERY_ANSWER: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains; preload"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// That the request is `method` on `/sessions` or `/sessions/`. The gateway routes by both, but its routes
/// take in more paths, and can be changed without this code.
///
/// # Errors
/// [`Error::NotFound`].
pub fn expect(request: &Request, method: &Method) -> Result<(), Error> {
    let is_sessions = matches!(path(request), "/sessions" | "/sessions/");
    if is_sessions && request.method() == method { Ok(()) } else { Err(Error::NotFound) }
}

/// The path without the stage that a gateway with a named one puts before it.
fn path(request: &Request) -> &str {
    let path = request.raw_http_path();
    let stage = match request.request_context_ref() {
        Some(lambda_http::request::RequestContext::ApiGatewayV2(context)) => context.stage.as_deref(),
        Some(_) | None => None,
    };
    let below_stage = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    below_stage.filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

/// The text of a JSON body.
///
/// # Errors
/// [`Error::PayloadTooLarge`], [`Error::UnsupportedMediaType`], [`Error::InvalidRequest`], in this order.
pub fn json_body(request: &Request) -> Result<&str, Error> {
    let body = match request.body() {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        Body::Empty | _ => b"",
    };
    if body.len() > LARGEST_BODY_BYTES {
        return Err(Error::PayloadTooLarge);
    }
    if !is_json(request.headers()) {
        return Err(Error::UnsupportedMediaType);
    }
    std::str::from_utf8(body).map_err(|_| Error::InvalidRequest("the body is not UTF-8".into()))
}

/// Whether the one `Content-Type` is `application/json` or `application/…+json`, whatever its parameters.
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

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_tchar = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(is_tchar)
}

/// An answer on its way out.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    content_type: &'static str,
    body: String,
    headers: HeaderMap,
}

impl Reply {
    /// 200 with a JSON body.
    #[must_use]
    pub fn ok(json: impl Into<String>) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: "application/json",
            body: json.into(),
            headers: HeaderMap::new(),
        }
    }

    /// The same with one more `Set-Cookie`.
    #[must_use]
    pub fn with_cookie(mut self, cookie: HeaderValue) -> Self {
        self.headers.append(header::SET_COOKIE, cookie);
        self
    }

    /// The same, telling the client of its bucket.
    #[must_use]
    pub fn with_limits(mut self, decision: &Decision) -> Self {
        self.headers.extend(decision.headers());
        self
    }

    fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.insert(name, value.into());
        self
    }
}

impl From<Error> for Reply {
    fn from(error: Error) -> Self {
        let problem = Self {
            status: error.status(),
            content_type: PROBLEM_JSON,
            body: error.problem(),
            headers: HeaderMap::new(),
        };
        match error {
            Error::InvalidCredentials | Error::NotAuthenticated => {
                problem.with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Cookie realm=\"sessions\""))
            }
            Error::TooManyRequests { limits, retry_after } => {
                problem.with(header::RETRY_AFTER, retry_after).with_limits(&limits)
            }
            Error::Unavailable(_) => problem.with(header::RETRY_AFTER, RETRY_UNAVAILABLE_SECONDS),
            Error::InvalidRequest(_)
            | Error::CrossSite
            | Error::NotFound
            | Error::PayloadTooLarge
            | Error::UnsupportedMediaType
            | Error::Internal => problem,
        }
    }
}

impl From<Reply> for Response<Body> {
    fn from(reply: Reply) -> Self {
        let mut response = Self::new(Body::Text(reply.body));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
        headers.extend(EVERY_ANSWER.map(|(name, value)| (name, HeaderValue::from_static(value))));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(content_types: &[&str]) -> bool {
        let types = content_types.iter().map(|it| (header::CONTENT_TYPE, it.parse().unwrap()));
        is_json(&types.collect())
    }

    #[test]
    fn json_is_json_in_any_case_with_any_parameters() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;profile=\"x;y\"",
            " application/json ;",
            "application/problem+json",
            "application/vnd.api+json; v=1",
        ] {
            assert!(accepts(&[good]), "{good}");
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
            assert!(!accepts(&[bad]), "{bad}");
        }
        assert!(!accepts(&[]));
        assert!(!accepts(&["application/json", "text/plain"]));
    }
}
