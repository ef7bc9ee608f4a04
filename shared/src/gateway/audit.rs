//! The log: one JSON line for each event, to standard error, which Lambda keeps. The events are those of OWASP's
//! "Logging Vocabulary Cheat Sheet", and some of our own.
//!
//! Lambda reads `timestamp` and `level`. To a line without a valid `timestamp` it gives the level INFO:
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>.

use crate::gateway::client::ClientAddress;
use crate::gateway::http::Reply;
use crate::gateway::{Error, context};
use crate::members::MemberId;
use crate::store::MalformedItem;
use crate::timestamp::Timestamp;
use lambda_http::Request;
use serde::Serialize;
use std::io::Write;
use std::panic::PanicHookInfo;

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
    /// Code of this process panicked. The reason says where.
    Panic,
    /// This process cannot serve.
    NotStarted,
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
            Self::MalformedItem
            | Self::Unavailable
            | Self::InternalServerError
            | Self::Panic
            | Self::NotStarted => "ERROR",
        }
    }
}

/// The time, the client and the account of a request, for every line that is logged about it.
#[derive(Clone, Debug, Serialize)]
pub struct AuditContext {
    #[serde(skip)]
    now: Timestamp,
    request_id: Option<String>,
    client: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    event: Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(flatten)]
    context: Option<&'a AuditContext>,
}

impl Line<'_> {
    /// JSON escapes control characters, so no value can forge a line. A log that cannot be written does not fail the
    /// request.
    fn write(&self) {
        let text = serde_json::to_string(self).expect("a struct of texts and numbers is always JSON");
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

impl AuditContext {
    /// The client's address and the gateway's id of a request that arrived at `now`.
    #[must_use]
    pub fn from_request(request: &Request, now: Timestamp) -> Self {
        Self {
            now,
            request_id: context::request_id(request).map(str::to_owned),
            client: ClientAddress::from_request(request).to_string(),
            account: None,
            member_id: None,
        }
    }

    /// Lambda's id of an invocation at `now` by the application, which has no client's address.
    #[must_use]
    pub fn from_invocation(request_id: &str, now: Timestamp) -> Self {
        Self {
            now,
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

    fn log(&self, event: Event, reason: Option<&str>) {
        let timestamp = self.now.rfc3339_millis();
        Line { timestamp, level: event.level(), event, reason, context: Some(self) }.write();
    }
}

/// Logs that this process cannot serve.
pub(super) fn not_started(cause: &lambda_runtime::Error) {
    of_process(Event::NotStarted, &cause.to_string());
}

/// Logs a panic by its place in the code. Its message is left out, because it can hold something of a request.
pub(super) fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    of_process(Event::Panic, &place);
}

/// Logs an event that belongs to no request.
fn of_process(event: Event, reason: &str) {
    let timestamp = Timestamp::now().rfc3339_millis();
    Line { timestamp, level: event.level(), event, reason: Some(reason), context: None }.write();
}
