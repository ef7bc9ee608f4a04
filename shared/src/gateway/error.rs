//! The errors of the API, named by what the client must do.

use crate::gateway::audit::Event;
use crate::store::StoreError;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

/// The media type of an error's body (RFC 9457).
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// `Retry-After` of [`Error::Unavailable`], in seconds. The wait is longer than a throttled table takes to recover its
/// burst, and short enough for a person.
const RETRY_UNAVAILABLE_SECONDS: u64 = 5;

/// Why a request fails. `Error::row` lists everything that follows from an error: the response and the log event.
#[derive(Debug)]
pub enum Error {
    /// Send a correct request. The text names the field and the fault, never a submitted value.
    InvalidRequest(String),
    /// Send other credentials. The response does not say which part was wrong.
    InvalidCredentials,
    /// Log in first.
    NotAuthenticated,
    /// Send the request from an allowed origin.
    CrossSite,
    /// Send the request to the trusted proxy.
    ProxyRequired,
    /// Request another resource.
    NotFound,
    /// Send a smaller body.
    PayloadTooLarge,
    /// Send JSON, with its media type and without a content coding. The text says which of the two is wrong.
    UnsupportedMediaType(&'static str),
    /// Wait.
    TooManyRequests {
        /// The name of the policy that the response reports.
        policy: &'static str,
        /// Whole seconds until a retry can succeed.
        retry_after: u64,
    },
    /// Nothing: the API has a bug.
    Internal,
    /// Try again in 5 seconds, because `DynamoDB` is slow, throttling or unreachable.
    Unavailable(StoreError),
}

/// Every failed call leads to the same response: try again later.
impl From<StoreError> for Error {
    fn from(cause: StoreError) -> Self {
        Self::Unavailable(cause)
    }
}

/// The response and the log event of an error.
struct Row<'a> {
    /// The status (RFC 9110, section 15; RFC 6585 for 429).
    status: StatusCode,
    /// The problem's `code`, which programs can match.
    code: &'static str,
    detail: Option<&'a str>,
    header: Option<(HeaderName, HeaderValue)>,
    /// The log event. Some errors without an event are logged at their source, where more is known.
    event: Option<Event>,
}

impl<'a> Row<'a> {
    const fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, detail: None, header: None, event: None }
    }

    fn detail(self, detail: &'a str) -> Self {
        Self { detail: Some(detail), ..self }
    }

    fn challenge(self) -> Self {
        let challenge = HeaderValue::from_static("Cookie realm=\"sessions\"");
        Self { header: Some((header::WWW_AUTHENTICATE, challenge)), ..self }
    }

    fn retry_after(self, seconds: u64) -> Self {
        Self { header: Some((header::RETRY_AFTER, seconds.into())), ..self }
    }

    fn logged_as(self, event: Event) -> Self {
        Self { event: Some(event), ..self }
    }
}

impl Error {
    fn row(&self) -> Row<'_> {
        match self {
            Self::InvalidRequest(why) => Row::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST").detail(why),
            Self::InvalidCredentials => Row::new(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS").challenge(),
            Self::NotAuthenticated => Row::new(StatusCode::UNAUTHORIZED, "NOT_AUTHENTICATED").challenge(),
            Self::CrossSite => Row::new(StatusCode::FORBIDDEN, "CROSS_SITE").logged_as(Event::AuthzFail),
            Self::ProxyRequired => {
                Row::new(StatusCode::FORBIDDEN, "PROXY_REQUIRED").logged_as(Event::ProxyRequired)
            }
            Self::NotFound => Row::new(StatusCode::NOT_FOUND, "NOT_FOUND"),
            Self::PayloadTooLarge => Row::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
            Self::UnsupportedMediaType(why) => {
                Row::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE").detail(why)
            }
            Self::TooManyRequests { retry_after, .. } => {
                Row::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS").retry_after(*retry_after)
            }
            Self::Internal => Row::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR")
                .logged_as(Event::InternalServerError),
            Self::Unavailable(_) => Row::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE")
                .retry_after(RETRY_UNAVAILABLE_SECONDS)
                .logged_as(Event::Unavailable),
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.row().status
    }

    pub(super) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        self.row().header
    }

    pub(super) fn event(&self) -> Option<Event> {
        self.row().event
    }

    /// The body of the response: a problem detail (RFC 9457). The body of a 429 follows
    /// draft-ietf-httpapi-ratelimit-headers-11.
    pub fn problem(&self) -> String {
        let Row { status, code, detail, .. } = self.row();
        let title = status.canonical_reason().unwrap_or("Error");
        let status = status.as_u16();
        let plain = Problem { kind: "about:blank", title, status, code, detail, violated_policies: None };
        let problem = match self {
            Self::TooManyRequests { policy, .. } => Problem {
                kind: "https://iana.org/assignments/http-problem-types#quota-exceeded",
                title: "Quota Exceeded",
                violated_policies: Some([policy]),
                ..plain
            },
            _ => plain,
        };
        serde_json::to_string(&problem).expect("a struct of strings is always JSON")
    }
}

/// The members of RFC 9457, section 3.1, and the extension members `code` and `violated-policies`.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(rename = "violated-policies", skip_serializing_if = "Option::is_none")]
    violated_policies: Option<[&'static str; 1]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_documented_form() {
        assert_eq!(
            Error::InvalidCredentials.problem(),
            r#"{"type":"about:blank","title":"Unauthorized","status":401,"code":"INVALID_CREDENTIALS"}"#
        );
    }
}
