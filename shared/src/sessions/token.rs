//! The token that opens a session.

use crate::keys::{KeyRing, SignedCookie, SigningKey};
use crate::members::MemberId;
use crate::random::random;
use crate::store::{StoreError, b, n};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::types::AttributeValue;
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;

/// The session cookie: the member's id and the session's 256 random bits, signed.
const SESSION_COOKIE: SignedCookie<{ SessionToken::LENGTH }> = SignedCookie::new("__Host-Http-session");

/// The content of a session cookie. Anyone who has the token can use the session, so the table contains only the
/// SHA-256 of the token's random bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionToken {
    member: MemberId,
    id: [u8; 32],
}

impl SessionToken {
    /// The length of the cookie's payload in bytes.
    const LENGTH: usize = 8 + 32;

    /// A new token with 256 random bits.
    pub fn generate(member: MemberId) -> Self {
        Self { member, id: random() }
    }

    /// The member who logged in.
    pub const fn member(&self) -> MemberId {
        self.member
    }

    /// The token in the request's cookie; `None` if the cookie is missing or not validly signed.
    ///
    /// # Errors
    /// When the key ring is needed and cannot be read.
    pub async fn read(
        headers: &HeaderMap,
        keys: &KeyRing,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        Ok(SESSION_COOKIE.read(headers, b"", keys, now).await?.and_then(Self::from_bytes))
    }

    /// `Set-Cookie` with the token. Without `max_age`, the browser drops the cookie when it closes.
    pub fn set_cookie(self, key: &SigningKey, max_age: Option<Duration>) -> HeaderValue {
        SESSION_COOKIE.set(&self.to_bytes(), b"", key, max_age)
    }

    /// `Set-Cookie` that makes the browser drop the cookie.
    pub fn clear_cookie() -> HeaderValue {
        SESSION_COOKIE.clear()
    }

    fn to_bytes(self) -> [u8; Self::LENGTH] {
        let bytes = [&self.member.get().to_be_bytes()[..], &self.id].concat();
        bytes.try_into().expect("8 and 32 bytes are 40")
    }

    fn from_bytes(bytes: [u8; Self::LENGTH]) -> Option<Self> {
        let (member, id) = bytes.split_first_chunk().expect("40 bytes hold 8");
        let id = id.try_into().expect("32 bytes are left of 40");
        Some(Self { member: MemberId::new(u64::from_be_bytes(*member))?, id })
    }

    /// The key of the session's item: `member_id`, and as `session` the SHA-256 of the random bits.
    pub fn key(&self) -> [(String, AttributeValue); 2] {
        [("member_id".into(), n(self.member.get())), ("session".into(), b(&Sha256::digest(self.id)))]
    }
}

/// Prints only the member, because anyone who has the random bits can use the session.
impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionToken").field("member", &self.member).finish_non_exhaustive()
    }
}
