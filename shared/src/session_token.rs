//! What opens a session.

use crate::cookie::SignedCookie;
use crate::dynamodb::{b, n};
use crate::member::MemberId;
use crate::signing_key::random;
use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};
use std::fmt;

/// The session cookie: a member's id and the session's 256 random bits, signed.
pub const SESSION_COOKIE: SignedCookie<{ SessionToken::LENGTH }> = SignedCookie::new("__Host-Http-session");

/// What a session's cookie carries. Whoever has it is the member; the table has only the hash of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionToken {
    member: MemberId,
    id: [u8; 32],
}

impl SessionToken {
    /// Bytes of the cookie's payload.
    pub const LENGTH: usize = 8 + 32;

    /// A new one, from the operating system's randomness.
    #[must_use]
    pub fn generate(member: MemberId) -> Self {
        Self { member, id: random() }
    }

    /// The member whose session it is.
    #[must_use]
    pub const fn member(&self) -> MemberId {
        self.member
    }

    /// The cookie's payload.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let bytes = [&self.member.get().to_be_bytes()[..], &self.id].concat();
        bytes.try_into().expect("8 and 32 bytes are 40")
    }

    /// From the payload of a cookie whose signature was verified.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        let (member, id) = bytes.split_first_chunk().expect("40 bytes hold 8");
        Self {
            member: MemberId::new(u64::from_be_bytes(*member)),
            id: id.try_into().expect("32 bytes are left of 40"),
        }
    }

    /// The key of the session's item: `member_id`, and as `session` the SHA-256 of the random bits.
    #[must_use]
    pub fn key(&self) -> [(String, AttributeValue); 2] {
        [("member_id".into(), n(self.member.get())), ("session".into(), b(&Sha256::digest(self.id)))]
    }
}

/// Shows whose session it is and nothing that would open it.
impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionToken").field("member", &self.member).finish_non_exhaustive()
    }
}
