//! The log: one JSON line per event, on standard error, which Lambda collects. Most events come from OWASP's "Logging
//! Vocabulary Cheat Sheet"; the others are this project's own.
//!
//! Lambda reads `timestamp` and `level`. A line without a valid `timestamp` gets the level INFO:
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>.

use crate::gateway::Error;
use crate::gateway::client::ClientAddress;
use crate::members::MemberId;
use crate::store::MalformedItem;
use crate::timestamp::Timestamp;
use serde::{Serialize, Serializer};
use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;

/// Declares the events: one row each, with its level.
macro_rules! events {
    ($($(#[doc = $doc:literal])* $event:ident $level:ident,)*) => {
        /// The kind of event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Event { $($(#[doc = $doc])* $event,)* }

        impl Event {
            /// All events.
            pub const ALL: &[Self] = &[$(Self::$event),*];

            /// How urgent the event is.
            pub const fn level(self) -> Level {
                match self { $(Self::$event => Level::$level,)* }
            }
        }
    };
}

events! {
    /// A member logged in.
    AuthnLoginSuccess Info,
    /// A login failed.
    AuthnLoginFail Warn,
    /// A login was refused by the limit of its account or device.
    AuthnLoginFailMax Warn,
    /// A session started.
    SessionCreated Info,
    /// A request carried a session that had timed out.
    SessionExpired Info,
    /// A logout or the application ended one live session, or revoked all sessions of a member.
    SessionRevoked Info,
    /// A login ended the live session whose cookie the request carried.
    SessionReplaced Info,
    /// A member was added.
    UserCreated Info,
    /// A member got another email, was disabled or was enabled. The reason says which.
    UserUpdated Info,
    /// A member was removed.
    UserDeleted Info,
    /// A password was set.
    AuthnPasswordChange Info,
    /// A password was not set, because the submitted current password was wrong or the limit of such attempts was
    /// reached.
    AuthnPasswordChangeFail Warn,
    /// A member or its sessions were read. The reason says which.
    SensitiveRead Info,
    /// A request was refused by the limit of its client.
    ExcessRateLimitExceeded Warn,
    /// A request came from a page of another site.
    AuthzFail Warn,
    /// A request bypassed the trusted proxy.
    ProxyRequired Warn,
    /// Requests come through a CDN that is not trusted, so all its clients share one set of limits.
    ProxyNotTrusted Warn,
    /// Requests have no readable client address, so their clients share one set of limits.
    AddressUnreadable Warn,
    /// An item is malformed. Its member or its session is ignored.
    MalformedItem Error,
    /// A call to `DynamoDB` failed.
    Unavailable Error,
    /// The handler panicked.
    InternalServerError Error,
    /// This process panicked. The reason names the place in the code.
    Panic Error,
    /// This process did not start, or stopped because of an error.
    NotStarted Error,
}

/// How urgent an event is. The names are Lambda's log levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Normal operation.
    Info,
    /// A possible attack.
    Warn,
    /// Something is broken.
    Error,
}

/// The sender of a request: a client of the API, or the application that invokes a function.
#[derive(Clone, Copy, Debug)]
enum Sender {
    Client(ClientAddress),
    Application,
}

impl Serialize for Sender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Client(address) => serializer.collect_str(address),
            Self::Application => serializer.serialize_str("application"),
        }
    }
}

/// The facts about a request that every log line about it contains. The account and the member are added once they are
/// known.
#[derive(Debug)]
pub struct AuditContext {
    now: Timestamp,
    request_id: Option<String>,
    sender: Sender,
    account: OnceLock<String>,
    member: OnceLock<MemberId>,
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: Level,
    event: Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(flatten)]
    request: Option<RequestFields<'a>>,
}

#[derive(Serialize)]
struct RequestFields<'a> {
    request_id: Option<&'a str>,
    client: Sender,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
}

/// The function that writes each line. If none is set, lines go to standard error.
static WRITER: OnceLock<fn(&str)> = OnceLock::new();

/// Sends all lines of this process to `writer`. Only the first call has an effect.
pub fn write_to(writer: fn(&str)) {
    let _ = WRITER.set(writer);
}

impl Line<'_> {
    /// JSON escapes control characters, so no value can forge a line. A failure to write the log does not fail the
    /// request.
    fn write(&self) {
        let text = serde_json::to_string(self).expect("a struct of texts and numbers is always JSON");
        match WRITER.get() {
            Some(write) => write(&text),
            None => drop(writeln!(std::io::stderr().lock(), "{text}")),
        }
    }
}

impl AuditContext {
    pub(super) const fn from_client(
        client: ClientAddress,
        request_id: Option<String>,
        now: Timestamp,
    ) -> Self {
        Self::new(Sender::Client(client), request_id, now)
    }

    /// The context of an invocation by the application at `now`. `request_id` is Lambda's id of the invocation.
    pub fn from_invocation(request_id: &str, now: Timestamp) -> Self {
        Self::new(Sender::Application, Some(request_id.to_owned()), now)
    }

    const fn new(sender: Sender, request_id: Option<String>, now: Timestamp) -> Self {
        Self { now, request_id, sender, account: OnceLock::new(), member: OnceLock::new() }
    }

    /// When the request arrived.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Adds the tag of the account. The tag does not reveal the email.
    pub fn set_account(&self, tag: String) {
        let _ = self.account.set(tag);
    }

    /// Adds the member.
    pub fn set_member(&self, member: MemberId) {
        let _ = self.member.set(member);
    }

    /// Logs an event.
    pub fn record(&self, event: Event) {
        self.log(event, None, self.member.get().copied());
    }

    /// Logs an event with a reason, which must not contain anything from the request.
    pub fn record_because(&self, event: Event, reason: &str) {
        self.log(event, Some(reason), self.member.get().copied());
    }

    /// Logs an event that concerns a member other than the request's.
    pub fn record_about(&self, member: MemberId, event: Event) {
        self.log(event, None, Some(member));
    }

    /// Logs that an item is malformed. The line names the table and the attribute, never the value.
    pub fn malformed(&self, item: MalformedItem) {
        self.record_because(Event::MalformedItem, &item.to_string());
    }

    /// Logs the event of a failure, if the failure has one. [`Error::TooManyRequests`] has no event here, because the
    /// handler has already logged which bucket refused.
    pub fn failure(&self, error: &Error) {
        match (error.event(), error) {
            (Some(event), Error::Unavailable(cause)) => self.record_because(event, &cause.to_string()),
            (Some(event), _) => self.record(event),
            (None, _) => {}
        }
    }

    fn log(&self, event: Event, reason: Option<&str>, member_id: Option<MemberId>) {
        let request = RequestFields {
            request_id: self.request_id.as_deref(),
            client: self.sender,
            account: self.account.get().map(String::as_str),
            member_id,
        };
        write(event, reason, self.now, Some(request));
    }
}

/// Logs why this process did not start, or why it stopped.
pub(super) fn not_started(cause: &lambda_runtime::Error) {
    write(Event::NotStarted, Some(&cause.to_string()), Timestamp::now(), None);
}

/// Logs the place of a panic in the code. The panic's message is left out, because it can contain parts of a request.
pub(super) fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    write(Event::Panic, Some(&place), Timestamp::now(), None);
}

fn write(event: Event, reason: Option<&str>, now: Timestamp, request: Option<RequestFields<'_>>) {
    let (timestamp, level) = (now.rfc3339_millis(), event.level());
    Line { timestamp, level, event, reason, request }.write();
}
