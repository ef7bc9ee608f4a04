//! Requests and their bodies, replies, and all headers of answers.

use crate::gateway::context;
use crate::gateway::error::{Error, PROBLEM_JSON, RETRY_UNAVAILABLE_SECONDS};
use crate::limits::BucketState;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use lambda_http::{Body, Request, RequestExt, Response};

/// The largest accepted body, in bytes after base64 decoding.
pub const LARGEST_BODY_BYTES: usize = 4096;

/// The headers of every answer. They forbid browsers to cache, frame, sniff or run it.
const EVERY_ANSWER: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains; preload"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Requires that the request is `method` on `/sessions` or `/sessions/`. The gateway's routes match more paths, and can
/// be changed without this code.
///
/// # Errors
/// [`Error::NotFound`].
pub fn require_route(request: &Request, method: &Method) -> Result<(), Error> {
    let is_sessions = matches!(path(request), "/sessions" | "/sessions/");
    if is_sessions && request.method() == method { Ok(()) } else { Err(Error::NotFound) }
}

/// The path without the name of the stage.
fn path(request: &Request) -> &str {
    let path = request.raw_http_path();
    let below_stage = context::stage(request).and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
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

/// Whether there is one `Content-Type`, of `application/json` or `application/…+json`, with any parameters.
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

/// A token of RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_tchar = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(is_tchar)
}

/// An answer that a handler gives.
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

    /// Adds a `Set-Cookie`.
    #[must_use]
    pub fn with_cookie(mut self, cookie: HeaderValue) -> Self {
        self.headers.append(header::SET_COOKIE, cookie);
        self
    }

    /// Adds the headers that report the client's bucket: those of draft-ietf-httpapi-ratelimit-headers-11 and of its
    /// draft 03.
    #[must_use]
    pub fn with_limits(mut self, policy: &'static str, bucket: &BucketState) -> Self {
        self.headers.extend(limit_headers(policy, bucket));
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
            Error::TooManyRequests { retry_after, .. } => problem.with(header::RETRY_AFTER, retry_after),
            Error::Unavailable(_) => problem.with(header::RETRY_AFTER, RETRY_UNAVAILABLE_SECONDS),
            Error::InvalidRequest(_)
            | Error::CrossSite
            | Error::ProxyRequired
            | Error::NotFound
            | Error::PayloadTooLarge
            | Error::UnsupportedMediaType
            | Error::Internal => problem,
        }
    }
}

fn limit_headers(policy: &str, bucket: &BucketState) -> [(HeaderName, HeaderValue); 5] {
    let (capacity, window) = (bucket.quota().capacity(), bucket.quota().window());
    let (remaining, next) = (bucket.remaining(), bucket.seconds_until_next());
    [
        ("ratelimit-policy", format!("\"{policy}\";q={capacity};w={window}")),
        ("ratelimit", format!("\"{policy}\";r={remaining};t={next}")),
        ("ratelimit-limit", capacity.to_string()),
        ("ratelimit-remaining", remaining.to_string()),
        ("ratelimit-reset", bucket.seconds_until_full().to_string()),
    ]
    .map(|(name, value)| {
        (HeaderName::from_static(name), value.parse().expect("names and numbers are header text"))
    })
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
    use crate::timestamp::Timestamp;

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

    #[test]
    fn the_headers_report_the_bucket_in_whole_seconds() {
        let (now, tat) = (Timestamp::from_secs(1000), Timestamp::from_micros(1_012_000_001));
        let bucket = BucketState::new("5/60".parse().unwrap(), tat, now);
        let values = limit_headers("test", &bucket).map(|(_, value)| value.to_str().unwrap().to_owned());
        assert_eq!(values, ["\"test\";q=5;w=60", "\"test\";r=3;t=1", "5", "3", "13"]);
    }
}
