//! A session, and what is shown of it.

use crate::dynamodb::{self, Item, Unreadable};
use crate::member::MemberId;
use crate::session_token::SessionToken;
use crate::timestamp::Timestamp;

/// A session that is live.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    token: SessionToken,
    created_at: u64,
    last_seen_at: u64,
    remember: bool,
}

impl Session {
    /// The member whose session it is.
    #[must_use]
    pub const fn member(&self) -> MemberId {
        self.token.member()
    }

    /// What opens it.
    pub(crate) const fn token(&self) -> SessionToken {
        self.token
    }

    /// When it began, in seconds since the epoch.
    pub(crate) const fn created_at(&self) -> u64 {
        self.created_at
    }

    /// When it was last noted to be used, in seconds since the epoch.
    pub(crate) const fn last_seen_at(&self) -> u64 {
        self.last_seen_at
    }

    /// Whether it outlives the browser.
    pub(crate) const fn remember(&self) -> bool {
        self.remember
    }

    pub(crate) fn from_item(token: SessionToken, item: &Item, now: Timestamp) -> Result<Self, Unreadable> {
        let unreadable = |attribute| Unreadable { table: "Sessions", attribute };
        let latest = now.as_secs() + CLOCKS_DIFFER_AT_MOST_SECONDS;
        let date = |name| dynamodb::number(item, name).filter(|it| *it <= latest).ok_or(unreadable(name));
        Ok(Self {
            token,
            created_at: date("created_at")?,
            last_seen_at: date("last_seen_at")?,
            remember: dynamodb::flag(item, "remember").ok_or(unreadable("remember"))?,
        })
    }
}

/// How far ahead of ours the clock of the instance that wrote a session may be. A date further ahead is none:
/// it would make a session without end.
const CLOCKS_DIFFER_AT_MOST_SECONDS: u64 = 3600;

/// What a token opens.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// A session.
    Live(Session),
    /// One that is over by time, and not yet swept up.
    Expired,
    /// One whose item cannot be used.
    Unreadable(Unreadable),
    /// None: it was ended.
    Nothing,
}

impl Found {
    /// The session, if it is live.
    #[must_use]
    pub const fn live(self) -> Option<Session> {
        match self {
            Self::Live(session) => Some(session),
            Self::Expired | Self::Unreadable(_) | Self::Nothing => None,
        }
    }
}

/// A session as an operator sees it: with nothing that would open it.
#[derive(Clone, Copy, Debug)]
pub struct ListedSession {
    label: [u8; 4],
    created_at: Timestamp,
    last_seen_at: Timestamp,
    remember: bool,
    expires_at: Timestamp,
}

impl ListedSession {
    /// Tells a member's sessions apart: the first bytes of the hash of what opens it.
    #[must_use]
    pub const fn label(&self) -> [u8; 4] {
        self.label
    }

    /// When it began.
    #[must_use]
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it was last noted to be used.
    #[must_use]
    pub const fn last_seen_at(&self) -> Timestamp {
        self.last_seen_at
    }

    /// Whether it outlives the browser.
    #[must_use]
    pub const fn remember(&self) -> bool {
        self.remember
    }

    /// When it is over, unless it is used before.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub(crate) fn from_item(item: &Item) -> Option<Self> {
        let moment = |name| dynamodb::number(item, name).map(Timestamp::from_secs);
        let hash: [u8; 32] = dynamodb::bytes(item, "session")?;
        Some(Self {
            label: *hash.first_chunk()?,
            created_at: moment("created_at")?,
            last_seen_at: moment("last_seen_at")?,
            remember: dynamodb::flag(item, "remember")?,
            expires_at: moment("expires_at")?,
        })
    }
}
