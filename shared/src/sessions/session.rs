//! A session.

use crate::members::{EpochLookup, MemberId};
use crate::store::{self, Item, MalformedItem};
use crate::timestamp::Timestamp;
use hex::FromHex;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A session as read from the table. It does not contain the token.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// The member who logged in.
    pub member: MemberId,
    /// The SHA-256 of the session's id.
    pub hash: SessionHash,
    /// The time of the login.
    pub created_at: Timestamp,
    /// When the session was last recorded as used.
    pub last_seen_at: Timestamp,
    /// Whether the session outlives the browser.
    pub remember: bool,
    /// When the session ends if it is not used again.
    pub expires_at: Timestamp,
}

impl Session {
    pub(crate) fn from_item(item: &Item, now: Timestamp) -> Result<Self, MalformedItem> {
        let malformed = |attribute| MalformedItem { table: "Sessions", attribute };
        let moment = |name| store::number(item, name).map(Timestamp::from_secs).ok_or(malformed(name));
        let latest = now + LARGEST_CLOCK_DIFFERENCE;
        let past =
            |name| moment(name).and_then(|it| if it <= latest { Ok(it) } else { Err(malformed(name)) });
        let member = store::number(item, "member_id").and_then(MemberId::new);
        EpochLookup::from_item("Sessions", Some(item)).found().ok_or(malformed("epoch"))?;
        Ok(Self {
            member: member.ok_or(malformed("member_id"))?,
            hash: SessionHash(store::bytes(item, "session").ok_or(malformed("session"))?),
            created_at: past("created_at")?,
            last_seen_at: past("last_seen_at")?,
            remember: store::flag(item, "remember").ok_or(malformed("remember"))?,
            // Only lists and TTL depend on `expires_at`, so a session without it can be live.
            expires_at: moment("expires_at").unwrap_or_default(),
        })
    }

    /// The first bytes of the hash, to tell a member's sessions apart.
    pub const fn label(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = self.hash.0;
        [a, b, c, d]
    }
}

/// How far ahead the clock of the instance that wrote a session may be. A time further in the future is malformed,
/// because such a session might never end.
const LARGEST_CLOCK_DIFFERENCE: Duration = Duration::from_hours(1);

/// The result of looking up a token.
#[derive(Clone, Copy, Debug)]
pub enum SessionLookup {
    /// A live session.
    Live(Session),
    /// A session past its timeout. TTL has not deleted its item yet.
    Expired,
    /// A session of an earlier epoch, or of a member without an epoch.
    Revoked,
    /// The item of the session or of its member's epoch is malformed. The session is not live.
    Malformed(MalformedItem),
    /// There is no item: the session ended and its item was deleted.
    Missing,
}

impl SessionLookup {
    /// The session, if it is live.
    pub const fn live(self) -> Option<Session> {
        match self {
            Self::Live(session) => Some(session),
            Self::Expired | Self::Revoked | Self::Malformed(_) | Self::Missing => None,
        }
    }
}

/// The SHA-256 of a session's id, which is the sort key of the session's item. Its text form is 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionHash(pub(crate) [u8; 32]);

impl fmt::Display for SessionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for SessionHash {
    type Err = MalformedSessionHash;

    fn from_str(text: &str) -> Result<Self, MalformedSessionHash> {
        <[u8; 32]>::from_hex(text).map(Self).map_err(|_| MalformedSessionHash)
    }
}

/// The text is not the hash of a session's id.
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
