//! A reference to a member: the email or the id.

use crate::members::{Email, MemberId};

/// An email or an id. The id stays the same when the email is changed.
#[derive(Clone, Debug)]
pub enum MemberRef {
    /// The email, in its normal form.
    Email(Email),
    /// The id. The lookup uses an index, which may lag behind the table for a moment.
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
