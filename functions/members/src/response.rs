//! The responses. Errors are returned as normal responses; a failed invocation is a bug.

use serde::{Serialize, Serializer};
use shared::gateway::fields::Fault;
use shared::members::{Member, MemberId, RefusedPassword};
use shared::sessions::{Session, SessionPage};
use shared::store::StoreError;
use shared::timestamp::Timestamp;

/// The response to the application.
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Response {
    /// A member was added.
    Added {
        /// The member's id.
        member_id: MemberId,
    },
    /// A member.
    Found(FoundMember),
    /// A page of a member's sessions.
    Sessions {
        /// Live sessions, in no particular order.
        sessions: Vec<ShownSession>,
        /// The `cursor` for the request of the next page; left out on the last page.
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// The action is done.
    Done {},
    /// The action failed.
    Failed(Error),
}

/// A member as the application sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundMember {
    member_id: MemberId,
    email: Secret,
    disabled: bool,
    has_password: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
}

/// A session, with the fields that a page of the member's devices can show.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownSession {
    id: String,
    created_at: String,
    last_seen_at: String,
    remember: bool,
    expires_at: String,
}

/// Text of a response that `Debug` must not print.
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl From<&Member> for Response {
    fn from(member: &Member) -> Self {
        Self::Found(FoundMember {
            member_id: member.id(),
            email: Secret(member.email().as_str().to_owned()),
            disabled: member.is_disabled(),
            has_password: member.has_password(),
            created_at: member.created_at().map(Timestamp::rfc3339),
        })
    }
}

impl From<SessionPage> for Response {
    fn from(page: SessionPage) -> Self {
        let sessions = page.sessions.iter().map(ShownSession::from).collect();
        Self::Sessions { sessions, cursor: page.next.map(|hash| hash.to_string()) }
    }
}

impl From<&Session> for ShownSession {
    fn from(session: &Session) -> Self {
        Self {
            id: session.hash.to_string(),
            created_at: session.created_at.rfc3339(),
            last_seen_at: session.last_seen_at.rfc3339(),
            remember: session.remember,
            expires_at: session.expires_at.rfc3339(),
        }
    }
}

/// Why an action failed, named by what the application must do.
#[derive(Debug)]
pub enum Error {
    /// Send a correct request. The text names the field and the fault, never a submitted value.
    InvalidRequest(Fault),
    /// Choose another email.
    EmailTaken,
    /// Name an existing member.
    NoSuchMember,
    /// Choose another password.
    WeakPassword(RefusedPassword),
    /// Send the member's current password.
    InvalidCredentials,
    /// Wait this many seconds.
    TooManyRequests {
        /// Whole seconds, at least 1.
        retry_after: u64,
    },
    /// Repeat the request, because `DynamoDB` is slow, throttling or unreachable. The action may have been done.
    Unavailable(StoreError),
    /// Tell the operator that the tables contradict each other. The text says how.
    Inconsistent(StoreError),
}

impl From<StoreError> for Error {
    fn from(cause: StoreError) -> Self {
        if cause.is_inconsistent() { Self::Inconsistent(cause) } else { Self::Unavailable(cause) }
    }
}

/// How long the application should wait before a retry, in seconds. The API's 503 has the same `Retry-After`.
const RETRY_UNAVAILABLE_SECONDS: u64 = 5;

/// The detail of [`Error::Unavailable`]. The text asks for the `memberId`, because the email may belong to another
/// member by the time of the retry.
const UNKNOWN_OUTCOME: &str =
    "it is not known whether the action was done: repeat the request, with the memberId";

/// The JSON form of an error.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    error: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    suggestions: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl Error {
    const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "INVALID_REQUEST",
            Self::EmailTaken => "EMAIL_TAKEN",
            Self::NoSuchMember => "NO_SUCH_MEMBER",
            Self::WeakPassword(_) => "WEAK_PASSWORD",
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::TooManyRequests { .. } => "TOO_MANY_REQUESTS",
            Self::Unavailable(_) => "UNAVAILABLE",
            Self::Inconsistent(_) => "INCONSISTENT_TABLES",
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::InvalidRequest(fault) => fault.clone(),
            Self::EmailTaken => "a member has this email".to_owned(),
            Self::NoSuchMember => "no member has this email or memberId".to_owned(),
            Self::WeakPassword(refusal) => format!("the password {refusal}"),
            Self::InvalidCredentials => "the current password is wrong".to_owned(),
            Self::TooManyRequests { .. } => "too many attempts with a wrong current password".to_owned(),
            Self::Unavailable(_) => UNKNOWN_OUTCOME.to_owned(),
            Self::Inconsistent(cause) => cause.to_string(),
        }
    }

    const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after } => Some(*retry_after),
            Self::Unavailable(_) => Some(RETRY_UNAVAILABLE_SECONDS),
            Self::InvalidRequest(_)
            | Self::EmailTaken
            | Self::NoSuchMember
            | Self::WeakPassword(_)
            | Self::InvalidCredentials
            | Self::Inconsistent(_) => None,
        }
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let feedback = match self {
            Self::WeakPassword(RefusedPassword::Guessable(feedback)) => Some(feedback),
            _ => None,
        };
        let written = Written {
            error: self.code(),
            detail: self.detail(),
            warning: feedback.and_then(|it| it.warning.as_deref()),
            suggestions: feedback.map_or(&[], |it| &it.suggestions),
            retry_after: self.retry_after(),
        };
        written.serialize(serializer)
    }
}
