//! What names a member: the email or the number.

use crate::members::{Email, MemberId};

/// The name of a member. A number stays the same when the email is changed.
#[derive(Clone, Debug)]
pub enum MemberRef {
    /// The email, in its normal form.
    Email(Email),
    /// The number. It is looked up in an index, which may lag behind the table for a moment.
    Id(MemberId),
}

impl From<&Email> for MemberRef {
    fn from(email: &Email) -> Self {
        Self::Email(email.clone())
    }
}

impl From<MemberId> for MemberRef {
    fn from(id: MemberId) -> Self {
        Self::Id(id)
    }
}

impl From<&Self> for MemberRef {
    fn from(key: &Self) -> Self {
        key.clone()
    }
}
