//! Everything that can go wrong for a client, named by what the client must do about it.

use crate::dynamodb::Fault;
use crate::quota::Decision;
use http::StatusCode;

/// The media type of an error's body (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What a client is told instead of success. Each has one status and one `code`.
#[derive(Debug)]
pub enum Error {
    /// Send a body that is right; the text names the field and what is wrong, never what was sent.
    InvalidRequest(String),
    /// Send other credentials. Says nothing about which part was wrong.
    InvalidCredentials,
    /// Log in first.
    NotAuthenticated,
    /// Send the request from an allowed origin.
    CrossSite,
    /// Ask for another resource.
    NotFound,
    /// Send a smaller body.
    PayloadTooLarge,
    /// Send JSON, and say so.
    UnsupportedMediaType,
    /// Wait.
    TooManyRequests {
        /// The client's own bucket, which is the one that is reported.
        limits: Decision,
        /// Whole seconds until there is a token, in whichever bucket refused.
        retry_after: u64,
    },
    /// Nothing: the fault is ours, and lasting.
    Internal,
    /// Try again in [`RETRY_UNAVAILABLE_SECONDS`]: `DynamoDB` is slow, throttling or away.
    Unavailable(Fault),
}

/// `Retry-After` of an [`Error::Unavailable`]. Our choice: longer than a throttled table needs to recover
/// its burst, short enough for a person to wait.
pub const RETRY_UNAVAILABLE_SECONDS: u64 = 5;

impl Error {
    /// The same refusal, reported with the client's own limits: no other bucket's state is shown.
    #[must_use]
    pub fn reporting(self, limits: Decision) -> Self {
        if let Self::TooManyRequests { retry_after, .. } = self {
            Self::TooManyRequests { limits, retry_after }
        } else {
            self
        }
    }

    /// The status of the answer (RFC 9110, section 15; 429 is RFC 6585).
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_) => StatusCode::BAD_REQUEST,
            Self::InvalidCredentials | Self::NotAuthenticated => StatusCode::UNAUTHORIZED,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The problem's `code`, for programs to branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "INVALID_REQUEST",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::NotAuthenticated => "NOT_AUTHENTICATED",
            Self::CrossSite => "CROSS_SITE",
            Self::NotFound => "NOT_FOUND",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::TooManyRequests { .. } => "TOO_MANY_REQUESTS",
            Self::Internal => "INTERNAL_SERVER_ERROR",
            Self::Unavailable(_) => "UNAVAILABLE",
        }
    }

    /// The body of the answer: a problem detail of RFC 9457, the quota's after
    /// draft-ietf-httpapi-ratelimit-headers-11.
    #[must_use]
    pub fn problem(&self) -> String {
        let problem = match self {
            Self::TooManyRequests { limits, .. } => Problem {
                kind: "https://iana.org/assignments/http-problem-types#quota-exceeded",
                title: "Quota Exceeded",
                violated_policies: Some([limits.policy()]),
                ..self.plain_problem()
            },
            Self::InvalidRequest(detail) => Problem { detail: Some(detail), ..self.plain_problem() },
            Self::InvalidCredentials
            | Self::NotAuthenticated
            | Self::CrossSite
            | Self::NotFound
            | Self::PayloadTooLarge
            | Self::UnsupportedMediaType
            | Self::Internal
            | Self::Unavailable(_) => self.plain_problem(),
        };
        serde_json::to_string(&problem).expect("a struct of strings is always JSON")
    }

    fn plain_problem(&self) -> Problem<'_> {
        Problem {
            kind: "about:blank",
            title: self.status().canonical_reason().unwrap_or("Error"),
            status: self.status().as_u16(),
            code: self.code(),
            detail: None,
            violated_policies: None,
        }
    }
}

/// RFC 9457, section 3.1, with the extension members `code` and `violated-policies`.
#[derive(serde::Serialize)]
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
    fn a_problem_is_written_as_the_contract_has_it() {
        assert_eq!(
            Error::InvalidCredentials.problem(),
            r#"{"type":"about:blank","title":"Unauthorized","status":401,"code":"INVALID_CREDENTIALS"}"#
        );
    }
}
