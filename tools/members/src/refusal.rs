//! Why a line of a file is not loaded.

use crate::rows::{HIGHEST_ID, LONGEST_LINE_BYTES};
use shared::members::InvalidEmail;

/// What is wrong with a line. Never says what stands in it: that may be a hash, in the wrong place.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Over 4096 bytes.
    #[error("the line is over {LONGEST_LINE_BYTES} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// So many fields.
    #[error("the line has {0} fields, not an email, a hash and perhaps a member id")]
    Fields(usize),
    /// No email.
    #[error("the email {0}")]
    Email(InvalidEmail),
    /// No hash that can be verified.
    #[error("the hash is no bcrypt hash of version 2a, 2b or 2y")]
    Hash,
    /// No member id.
    #[error("the member id is not a whole number from 1 to {HIGHEST_ID}")]
    Id,
    /// The email of an earlier line, by its number.
    #[error("the email is that of line {0}, perhaps in another spelling")]
    EmailTwice(u64),
    /// The member id of an earlier line, by its number.
    #[error("the member id is that of line {0}")]
    IdTwice(u64),
    /// A member is there, with another hash.
    #[error("a member has this email with another password hash, which was left as it is")]
    OtherHash,
    /// A member is there, with another id.
    #[error("a member has this email and hash under another member id, which was left as it is")]
    OtherId,
    /// An id that cannot be kept.
    #[error("the member id is another member's, or was, or may have been")]
    IdTaken,
}
