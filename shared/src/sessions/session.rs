//! A session, and the part of it that is shown to operators.

use crate::members::{Epoch, MemberId};
use crate::sessions::SessionToken;
use crate::store::{self, Item, MalformedItem};
use crate::timestamp::Timestamp;
use std::fmt;
use std::str::FromStr;
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
    hash: [u8; 32],
    created_at: Timestamp,
    last_seen_at: Timestamp,
    remember: bool,
    expires_at: Timestamp,
}

impl ListedSession {
    /// The SHA-256 of the session's id, which names the session and opens nothing.
    #[must_use]
    pub const fn hash(&self) -> SessionHash {
        SessionHash(self.hash)
    }

    /// The first bytes of the hash, to tell a member's sessions apart.
    #[must_use]
    pub const fn label(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = self.hash;
        [a, b, c, d]
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
        Some(Self {
            hash: store::bytes(item, "session")?,
            created_at: moment("created_at")?,
            last_seen_at: moment("last_seen_at")?,
            remember: store::flag(item, "remember")?,
            expires_at: moment("expires_at")?,
        })
    }
}

/// The SHA-256 of a session's id: the sort key of its item. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionHash(pub(crate) [u8; 32]);

impl fmt::Display for SessionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for SessionHash {
    type Err = MalformedSessionHash;

    fn from_str(text: &str) -> Result<Self, MalformedSessionHash> {
        let (digits, []) = text.as_bytes().as_chunks::<2>() else { return Err(MalformedSessionHash) };
        let digit = |digit: u8| (digit as char).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let byte = |&[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
        let bytes: Option<Vec<u8>> = digits.iter().map(byte).collect();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(MalformedSessionHash)
    }
}

/// A text that is not the hash of a session's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits")]
pub struct MalformedSessionHash;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_hexadecimal_digits() {
        let text = "00ff10".to_owned() + &"ab".repeat(29);
        assert_eq!(text.parse::<SessionHash>().unwrap().to_string(), text);
        for bad in ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(bad.parse::<SessionHash>(), Err(MalformedSessionHash), "{bad}");
        }
    }
}
