//! The printed records of members and sessions, as text and as JSON. They contain no hash and no session token.

use crate::text::for_terminal;
use serde::Serialize;
use shared::members::{Email, Member, MemberId, PasswordHasher};
use shared::sessions::Session;
use shared::timestamp::Timestamp;
use std::fmt;

/// A member in a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberRecord {
    email: String,
    member_id: MemberId,
    created_at: Option<String>,
    disabled: bool,
    has_password: bool,
    usable_hash: bool,
}

impl MemberRecord {
    pub(crate) const HEADING: &str = "       ID  CREATED               DISABLED  HASH         EMAIL";

    pub(crate) fn new(member: &Member, passwords: &PasswordHasher) -> Self {
        Self {
            email: member.email().as_str().to_owned(),
            member_id: member.id(),
            created_at: member.created_at().map(Timestamp::rfc3339),
            disabled: member.is_disabled(),
            has_password: member.has_password(),
            usable_hash: member.has_usable_hash(passwords),
        }
    }
}

impl fmt::Display for MemberRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, created_at) = (self.member_id.get(), self.created_at.as_deref().unwrap_or("-"));
        let disabled = if self.disabled { "disabled" } else { "no" };
        let hash = match (self.has_password, self.usable_hash) {
            (false, _) => "no password",
            (true, false) => "unusable",
            (true, true) => "usable",
        };
        write!(f, "{id:>9}  {created_at:<20}  {disabled:<8}  {hash:<11}  {}", for_terminal(&self.email))
    }
}

/// A session in a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionRecord {
    session: String,
    created_at: String,
    last_seen_at: String,
    expires_at: String,
    remember: bool,
}

impl SessionRecord {
    pub(crate) const HEADING: &str =
        "SESSION   CREATED               LAST SEEN             EXPIRES               REMEMBERED";
}

impl From<Session> for SessionRecord {
    fn from(session: Session) -> Self {
        Self {
            session: format!("{:08x}", u32::from_be_bytes(session.label())),
            created_at: session.created_at.rfc3339(),
            last_seen_at: session.last_seen_at.rfc3339(),
            expires_at: session.expires_at.rfc3339(),
            remember: session.remember,
        }
    }
}

impl fmt::Display for SessionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remember = if self.remember { "yes" } else { "no" };
        let Self { session, created_at, last_seen_at, expires_at, .. } = self;
        write!(f, "{session}  {created_at:<20}  {last_seen_at:<20}  {expires_at:<20}  {remember}")
    }
}

/// An action on a member that succeeded.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    done: Action,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
}

/// The actions on a member.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    Added,
    EmailSet,
    PasswordSet,
    Disabled,
    Enabled,
    Removed,
    SessionsEnded,
}

impl Receipt {
    pub(crate) fn new(done: Action, email: &Email) -> Self {
        Self { done, email: email.as_str().to_owned(), member_id: None }
    }

    pub(crate) fn numbered(self, id: MemberId) -> Self {
        Self { member_id: Some(id), ..self }
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", for_terminal(&self.email), self.done)?;
        self.member_id.map_or(Ok(()), |id| write!(f, " as member {}", id.get()))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "added",
            Self::EmailSet => "email set",
            Self::PasswordSet => "password set, all sessions ended",
            Self::Disabled => "disabled, all sessions ended",
            Self::Enabled => "enabled",
            Self::Removed => "removed, all sessions ended",
            Self::SessionsEnded => "all sessions ended",
        })
    }
}
