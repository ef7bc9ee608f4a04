//! A session, and the part of it that is shown to operators.

use crate::members::{Epoch, MemberId};
use crate::sessions::SessionToken;
use crate::store::{self, Item, MalformedItem};
use crate::timestamp::Timestamp;
use std::time::Duration;

/// A session as read from the table.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    token: SessionToken,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    remember: bool,
    epoch: Epoch,
}

impl Session {
    /// The member who logged in.
    #[must_use]
    pub const fn member(&self) -> MemberId {
        self.token.member()
    }

    pub(crate) const fn token(&self) -> SessionToken {
        self.token
    }

    pub(crate) const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When the session was last recorded as used.
    pub(crate) const fn last_seen_at(&self) -> Timestamp {
        self.last_seen_at
    }

    pub(crate) const fn remember(&self) -> bool {
        self.remember
    }

    /// The member's epoch at the login.
    pub(crate) const fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn from_item(token: SessionToken, item: &Item, now: Timestamp) -> Result<Self, MalformedItem> {
        let malformed = |attribute| MalformedItem { table: "Sessions", attribute };
        let latest = now + LARGEST_CLOCK_DIFFERENCE;
        let moment = |name| {
            let moment = store::number(item, name).map(Timestamp::from_secs);
            moment.filter(|it| *it <= latest).ok_or(malformed(name))
        };
        Ok(Self {
            token,
            created_at: moment("created_at")?,
            last_seen_at: moment("last_seen_at")?,
            remember: store::flag(item, "remember").ok_or(malformed("remember"))?,
            epoch: Epoch::from_item("Sessions", item)?,
        })
    }
}

/// How far ahead the clock of the instance that wrote a session may be. A later date is malformed, because it would make
/// a session that never ends.
const LARGEST_CLOCK_DIFFERENCE: Duration = Duration::from_hours(1);

/// What a token opens.
#[derive(Clone, Copy, Debug)]
pub enum SessionLookup {
    /// A live session.
    Live(Session),
    /// A session after its timeout. TTL has not deleted its item yet.
    Expired,
    /// A session of a former epoch, or of a member without an epoch.
    Revoked,
    /// The item of the session or of its member's epoch is malformed. The session is not live.
    Malformed(MalformedItem),
    /// No session: it was ended, and its item deleted.
    Missing,
}

impl SessionLookup {
    /// The session, if it is live.
    #[must_use]
    pub const fn live(self) -> Option<Session> {
        match self {
            Self::Live(session) => Some(session),
            Self::Expired | Self::Revoked | Self::Malformed(_) | Self::Missing => None,
        }
    }
}

/// A session as an operator sees it, without anything that opens it.
#[derive(Clone, Copy, Debug)]
pub struct ListedSession {
    label: [u8; 4],
    created_at: Timestamp,
    last_seen_at: Timestamp,
    remember: bool,
    expires_at: Timestamp,
}

impl ListedSession {
    /// The first bytes of the hash of the session's id, to tell a member's sessions apart.
    #[must_use]
    pub const fn label(&self) -> [u8; 4] {
        self.label
    }

    /// The time of the login.
    #[must_use]
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When the session was last recorded as used.
    #[must_use]
    pub const fn last_seen_at(&self) -> Timestamp {
        self.last_seen_at
    }

    /// Whether the session outlives the browser.
    #[must_use]
    pub const fn remember(&self) -> bool {
        self.remember
    }

    /// When the session ends if it is not used again.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub(crate) fn from_item(item: &Item) -> Option<Self> {
        let moment = |name| store::number(item, name).map(Timestamp::from_secs);
        let hash: [u8; 32] = store::bytes(item, "session")?;
        Some(Self {
            label: *hash.first_chunk()?,
            created_at: moment("created_at")?,
            last_seen_at: moment("last_seen_at")?,
            remember: store::flag(item, "remember")?,
            expires_at: moment("expires_at")?,
        })
    }
}
