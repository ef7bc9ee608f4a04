//! Responses and all their headers.

use crate::gateway::Error;
use crate::gateway::error::PROBLEM_JSON;
use crate::limits::BucketState;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use lambda_http::Body;

/// The headers of every response. They prevent browsers from caching, framing, sniffing or running the response.
const EVERY_RESPONSE: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains; preload"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// A response of the API.
#[derive(Debug)]
pub struct Response {
    status: StatusCode,
    content_type: &'static str,
    body: String,
    headers: HeaderMap,
}

impl Response {
    /// 200 with a JSON body.
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

    /// Adds the headers that report the client's bucket, as defined by draft-ietf-httpapi-ratelimit-headers-11 and by
    /// its draft 03.
    #[must_use]
    pub fn with_limits(mut self, policy: &'static str, bucket: &BucketState) -> Self {
        self.headers.extend(limit_headers(policy, bucket));
        self
    }
}

impl From<Error> for Response {
    fn from(error: Error) -> Self {
        Self {
            status: error.status(),
            content_type: PROBLEM_JSON,
            body: error.problem(),
            headers: error.header().into_iter().collect(),
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

impl From<Response> for http::Response<Body> {
    fn from(response: Response) -> Self {
        let mut written = Self::new(Body::Text(response.body));
        *written.status_mut() = response.status;
        *written.headers_mut() = response.headers;
        let headers = written.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(response.content_type));
        headers.extend(EVERY_RESPONSE.map(|(name, value)| (name, HeaderValue::from_static(value))));
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::Timestamp;

    #[test]
    fn the_headers_report_the_bucket_in_whole_seconds() {
        let (now, tat) = (Timestamp::from_secs(1000), Timestamp::from_micros(1_012_000_001));
        let bucket = BucketState::new("5/60".parse().unwrap(), tat, now);
        let values = limit_headers("test", &bucket).map(|(_, value)| value.to_str().unwrap().to_owned());
        assert_eq!(values, ["\"test\";q=5;w=60", "\"test\";r=3;t=1", "5", "3", "13"]);
    }
}
