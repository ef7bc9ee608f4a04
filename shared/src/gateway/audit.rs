//! The log: one JSON line for each event, to standard error, which Lambda keeps. The events are those of OWASP's
//! "Logging Vocabulary Cheat Sheet", and seven of our own.

use crate::gateway::client::ClientAddress;
use crate::gateway::http::Reply;
use crate::gateway::{Error, context};
use crate::members::MemberId;
use crate::store::MalformedItem;
use lambda_http::Request;
use serde::Serialize;
use std::io::Write;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A member logged in.
    AuthnLoginSuccess,
    /// A login failed.
    AuthnLoginFail,
    /// A login was refused by the limit of its account or device.
    AuthnLoginFailMax,
    /// A session started.
    SessionCreated,
    /// A session was used after its timeout.
    SessionExpired,
    /// A logout or the application ended one session, or all of a member, before the timeout.
    SessionRevoked,
    /// A login ended the session whose cookie came with it, unless that had ended before.
    SessionReplaced,
    /// A member was added.
    UserCreated,
    /// A member got another email, was disabled or was enabled. The reason says which.
    UserUpdated,
    /// A member was removed.
    UserDeleted,
    /// A password was set.
    AuthnPasswordChange,
    /// A password was not set, because the current password was wrong or the limit of such attempts was reached.
    AuthnPasswordChangeFail,
    /// A member or its sessions were read. The reason says which.
    SensitiveRead,
    /// A request was refused by the limit of its client.
    ExcessRateLimitExceeded,
    /// A request came from a page of another site.
    AuthzFail,
    /// A request went around the trusted proxy.
    ProxyRequired,
    /// Requests come through a CDN that is not trusted, so that all its clients share their limits.
    ProxyNotTrusted,
    /// Requests come without a readable address, so that their clients share their limits.
    AddressUnreadable,
    /// An item is malformed. Its member or its session is ignored.
    MalformedItem,
    /// A call to `DynamoDB` failed.
    Unavailable,
    /// The handler panicked.
    InternalServerError,
}

impl Event {
    const fn level(self) -> &'static str {
        match self {
            Self::AuthnLoginSuccess
            | Self::SessionCreated
            | Self::SessionExpired
            | Self::SessionRevoked
            | Self::SessionReplaced
            | Self::UserCreated
            | Self::UserUpdated
            | Self::UserDeleted
            | Self::AuthnPasswordChange
            | Self::SensitiveRead => "INFO",
            Self::AuthnLoginFail
            | Self::AuthnLoginFailMax
            | Self::AuthnPasswordChangeFail
            | Self::ExcessRateLimitExceeded
            | Self::AuthzFail
            | Self::ProxyRequired
            | Self::ProxyNotTrusted
            | Self::AddressUnreadable => "WARN",
            Self::MalformedItem | Self::Unavailable | Self::InternalServerError => "ERROR",
        }
    }
}

/// The client and the account of a request, for every line that is logged about it.
#[derive(Clone, Debug, Serialize)]
pub struct AuditContext {
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
    context: &'a AuditContext,
}

impl AuditContext {
    /// The client's address and the gateway's id of the request.
    #[must_use]
    pub fn from_request(request: &Request) -> Self {
        Self {
            request_id: context::request_id(request).map(str::to_owned),
            client: ClientAddress::from_request(request).to_string(),
            account: None,
            member_id: None,
        }
    }

    /// Lambda's id of an invocation by the application, which has no client's address.
    #[must_use]
    pub fn from_invocation(request_id: &str) -> Self {
        Self {
            request_id: Some(request_id.to_owned()),
            client: "application".to_owned(),
            account: None,
            member_id: None,
        }
    }

    /// Adds the tag of an account. The tag does not reveal the email.
    #[must_use]
    pub fn with_account(self, account: String) -> Self {
        Self { account: Some(account), ..self }
    }

    /// Adds a member.
    #[must_use]
    pub fn with_member(self, member: MemberId) -> Self {
        Self { member_id: Some(member), ..self }
    }

    /// Logs an event.
    pub fn record(&self, event: Event) {
        self.log(event, None);
    }

    /// Logs an event with a reason, which must hold nothing of the request.
    pub fn record_because(&self, event: Event, reason: &str) {
        self.log(event, Some(reason));
    }

    /// Logs that an item is malformed: the table and the attribute, never the value.
    pub fn malformed(&self, item: MalformedItem) {
        self.record_because(Event::MalformedItem, &item.to_string());
    }

    /// The reply to a failed request. The failure is logged here and nowhere else.
    #[must_use]
    pub fn reply(&self, error: Error) -> Reply {
        self.failure(&error);
        error.into()
    }

    /// Logs a failure, if it has an event of its own. A handler that refuses a request with
    /// [`Error::TooManyRequests`] has logged the event of the bucket that refused.
    pub fn failure(&self, error: &Error) {
        match error {
            Error::Unavailable(cause) => self.record_because(Event::Unavailable, &cause.to_string()),
            Error::Internal => self.record(Event::InternalServerError),
            Error::CrossSite => self.record(Event::AuthzFail),
            Error::ProxyRequired => self.record(Event::ProxyRequired),
            Error::InvalidRequest(_)
            | Error::InvalidCredentials
            | Error::NotAuthenticated
            | Error::NotFound
            | Error::PayloadTooLarge
            | Error::UnsupportedMediaType
            | Error::TooManyRequests { .. } => {}
        }
    }

    /// JSON escapes control characters, so no value can forge a line. A log that cannot be written does not fail the
    /// request.
    fn log(&self, event: Event, reason: Option<&str>) {
        let line = Line { level: event.level(), event, reason, context: self };
        let text = serde_json::to_string(&line).expect("a struct of texts and numbers is always JSON");
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}
