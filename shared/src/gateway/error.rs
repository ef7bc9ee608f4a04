//! Every answer that is not a success, named by what the client must do.

use crate::store::StoreError;
use http::StatusCode;
use serde::Serialize;

/// The media type of an error's body (RFC 9457).
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// `Retry-After` of [`Error::Unavailable`], in seconds: longer than a throttled table takes to recover its burst, short
/// enough for a person to wait.
pub(super) const RETRY_UNAVAILABLE_SECONDS: u64 = 5;

/// Why a request fails. Each error has one status and one `code`.
#[derive(Debug)]
pub enum Error {
    /// Send a correct request. The text names the field and the fault, never a submitted value.
    InvalidRequest(String),
    /// Send other credentials. The answer does not say which part was wrong.
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
    /// Send JSON, with its media type.
    UnsupportedMediaType,
    /// Wait.
    TooManyRequests {
        /// The name of the policy that the answer reports.
        policy: &'static str,
        /// Whole seconds until the bucket that refused has a token.
        retry_after: u64,
    },
    /// Nothing: the handler is faulty.
    Internal,
    /// Try again in 5 seconds, because `DynamoDB` is slow, throttling or away.
    Unavailable(StoreError),
}

/// A failed call means the same to every client: try again.
impl From<StoreError> for Error {
    fn from(cause: StoreError) -> Self {
        Self::Unavailable(cause)
    }
}

impl Error {
    /// The status of the answer (RFC 9110, section 15; RFC 6585 for 429).
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_) => StatusCode::BAD_REQUEST,
            Self::InvalidCredentials | Self::NotAuthenticated => StatusCode::UNAUTHORIZED,
            Self::CrossSite | Self::ProxyRequired => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The problem's `code`, which programs can match.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "INVALID_REQUEST",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::NotAuthenticated => "NOT_AUTHENTICATED",
            Self::CrossSite => "CROSS_SITE",
            Self::ProxyRequired => "PROXY_REQUIRED",
            Self::NotFound => "NOT_FOUND",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::TooManyRequests { .. } => "TOO_MANY_REQUESTS",
            Self::Internal => "INTERNAL_SERVER_ERROR",
            Self::Unavailable(_) => "UNAVAILABLE",
        }
    }

    /// The body of the answer: a problem detail (RFC 9457). That of a refusal follows
    /// draft-ietf-httpapi-ratelimit-headers-11.
    #[must_use]
    pub fn problem(&self) -> String {
        let problem = match self {
            Self::TooManyRequests { policy, .. } => Problem {
                kind: "https://iana.org/assignments/http-problem-types#quota-exceeded",
                title: "Quota Exceeded",
                violated_policies: Some([policy]),
                ..self.plain_problem()
            },
            Self::InvalidRequest(detail) => Problem { detail: Some(detail), ..self.plain_problem() },
            Self::InvalidCredentials
            | Self::NotAuthenticated
            | Self::CrossSite
            | Self::ProxyRequired
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
    fn a_problem_is_written_as_the_contract_has_it() {
        assert_eq!(
            Error::InvalidCredentials.problem(),
            r#"{"type":"about:blank","title":"Unauthorized","status":401,"code":"INVALID_CREDENTIALS"}"#
        );
    }
}
