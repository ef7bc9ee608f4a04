//! What is logged: one JSON line an event, to standard error, which Lambda keeps. The events are those of
//! OWASP's Logging Vocabulary Cheat Sheet, and three of our own for our own faults.

use crate::client::ClientAddress;
use crate::dynamodb::Unreadable;
use crate::error::Error;
use crate::http::Reply;
use crate::member::MemberId;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use serde::Serialize;
use std::io::Write;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A member logged in.
    AuthnLoginSuccess,
    /// A member logged in whose last login that this instance saw had failed.
    AuthnLoginSuccessafterfail,
    /// Somebody failed to log in.
    AuthnLoginFail,
    /// There were too many logins with one email, or from one device.
    AuthnLoginFailMax,
    /// A session began.
    SessionCreated,
    /// A session was used after its time.
    SessionExpired,
    /// A session was ended by its member, or by the next login in the same browser.
    SessionRevoked,
    /// There were too many requests of one client.
    ExcessRateLimitExceeded,
    /// A page of another site made the request.
    AuthzFail,
    /// An item of a table is not one that we write, so its member or its session counts as none.
    UnreadableItem,
    /// `DynamoDB` could not be asked.
    Unavailable,
    /// The handler failed in a way that it should not.
    InternalServerError,
}

impl Event {
    const fn level(self) -> &'static str {
        match self {
            Self::AuthnLoginSuccess
            | Self::AuthnLoginSuccessafterfail
            | Self::SessionCreated
            | Self::SessionExpired
            | Self::SessionRevoked => "INFO",
            Self::AuthnLoginFail
            | Self::AuthnLoginFailMax
            | Self::ExcessRateLimitExceeded
            | Self::AuthzFail => "WARN",
            Self::UnreadableItem | Self::Unavailable | Self::InternalServerError => "ERROR",
        }
    }
}

/// Who asked, and about whom: what every line of a request says besides its event.
#[derive(Clone, Debug, Serialize)]
pub struct Trail {
    request_id: Option<String>,
    client: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
}

#[derive(Serialize)]
struct Line<'a> {
    level: &'static str,
    event: Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(flatten)]
    trail: &'a Trail,
}

impl Trail {
    /// The trail of a request, by the gateway's own id of it.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let request_id = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
            Some(RequestContext::ApiGatewayV1(context)) => context.request_id.clone(),
            Some(_) | None => None,
        };
        Self { request_id, client: ClientAddress::of(request).to_string(), account: None, member_id: None }
    }

    /// The same about an account, by a tag that is of no use to find its email.
    #[must_use]
    pub fn about(self, account: String) -> Self {
        Self { account: Some(account), ..self }
    }

    /// The same about a member.
    #[must_use]
    pub fn of_member(self, member: MemberId) -> Self {
        Self { member_id: Some(member), ..self }
    }

    /// Logs an event.
    pub fn record(&self, event: Event) {
        self.line(event, None);
    }

    /// Logs an event with its reason, in our own words.
    pub fn record_because(&self, event: Event, reason: &str) {
        self.line(event, Some(reason));
    }

    /// Logs that an item cannot be used: which attribute of it, and never what is there.
    pub fn unreadable(&self, unreadable: Unreadable) {
        self.record_because(Event::UnreadableItem, &unreadable.to_string());
    }

    /// The answer to a failure, which is logged here and nowhere else.
    #[must_use]
    pub fn reply(&self, error: Error) -> Reply {
        self.failure(&error);
        error.into()
    }

    /// Logs a failure that has an event of its own. The rest is told to the client, and no more than that.
    pub fn failure(&self, error: &Error) {
        match error {
            Error::Unavailable(fault) => self.record_because(Event::Unavailable, &fault.to_string()),
            Error::Internal => self.record(Event::InternalServerError),
            Error::CrossSite => self.record(Event::AuthzFail),
            Error::TooManyRequests { limits, .. } => {
                self.record_because(Event::ExcessRateLimitExceeded, limits.policy());
            }
            Error::InvalidRequest(_)
            | Error::InvalidCredentials
            | Error::NotAuthenticated
            | Error::NotFound
            | Error::PayloadTooLarge
            | Error::UnsupportedMediaType => {}
        }
    }

    /// JSON escapes control characters, so no value can forge a line. A log that cannot be written is no
    /// reason to fail a request.
    fn line(&self, event: Event, reason: Option<&str>) {
        let line = Line { level: event.level(), event, reason, trail: self };
        let text = serde_json::to_string(&line).expect("a struct of texts and numbers is always JSON");
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}
