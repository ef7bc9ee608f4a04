//! Why a line of a file is not loaded.

use crate::rows::{HIGHEST_ID, LONGEST_LINE_BYTES};
use shared::email::InvalidEmail;

/// What is wrong with a line. Never says what stands in it: that may be a hash, in the wrong place.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the line is over {LONGEST_LINE_BYTES} bytes")]
    TooLong,
    #[error("the line is not UTF-8")]
    NotUtf8,
    #[error("the line has {0} fields, not an email, a hash and perhaps a member id")]
    Fields(usize),
    #[error("the email {0}")]
    Email(InvalidEmail),
    #[error("the hash is no bcrypt hash of version 2a, 2b or 2y")]
    Hash,
    #[error("the member id is not a whole number from 1 to {HIGHEST_ID}")]
    Id,
    #[error("the email is that of line {0}, perhaps in another spelling")]
    EmailTwice(u64),
    #[error("the member id is that of line {0}")]
    IdTwice(u64),
    #[error("a member has this email with another password hash, which was left as it is")]
    OtherHash,
    #[error("a member has this email and hash under another member id, which was left as it is")]
    OtherId,
    #[error("the member id is another member's, or was, or may have been")]
    IdTaken,
}
