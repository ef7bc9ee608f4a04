//! A member: who may log in.

use crate::dynamodb::{self, Item, Unreadable, n, s};
use crate::email::Email;
use crate::password::{PasswordHash, PasswordHasher};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::types::AttributeValue;

/// A member's number: 1, 2, 3 …, never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct MemberId(u64);

impl MemberId {
    /// The member of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A member as read from the table.
#[derive(Clone, Debug)]
pub struct Member {
    email: Email,
    id: MemberId,
    generation: u64,
    disabled: bool,
    password_hash: Option<PasswordHash>,
    created_at: Option<Timestamp>,
}

impl Member {
    /// The address that the member logs in with.
    #[must_use]
    pub const fn email(&self) -> &Email {
        &self.email
    }

    /// The member's number.
    #[must_use]
    pub const fn id(&self) -> MemberId {
        self.id
    }

    /// Whether the member may not log in.
    #[must_use]
    pub const fn is_disabled(&self) -> bool {
        self.disabled
    }

    /// The hash that a password must match; `None` where nothing can: the member is disabled, or has no
    /// hash, or one that cannot be read.
    #[must_use]
    pub fn password_hash(&self) -> Option<&PasswordHash> {
        self.password_hash.as_ref().filter(|_| !self.disabled)
    }

    /// Raised whenever the password is set, and the member is disabled or enabled.
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// When the member was added; `None` where the item does not say.
    #[must_use]
    pub const fn created_at(&self) -> Option<Timestamp> {
        self.created_at
    }

    /// Whether the stored hash can match a password at the cost of `passwords`, were the member not
    /// disabled.
    #[must_use]
    pub fn has_usable_hash(&self, passwords: &PasswordHasher) -> bool {
        self.password_hash.as_ref().is_some_and(|hash| passwords.can_verify(hash))
    }

    /// Whether `hash` is the one that is stored, disabled or not.
    #[must_use]
    pub fn has_hash(&self, hash: &PasswordHash) -> bool {
        self.password_hash.as_ref() == Some(hash)
    }

    pub(crate) fn from_item(email: Email, item: &Item) -> Result<Self, Unreadable> {
        let unreadable = |attribute| Unreadable { table: "Members", attribute };
        let number = |name| dynamodb::number(item, name).ok_or(unreadable(name));
        let is_enabled = !item.contains_key("disabled");
        let disabled = if is_enabled { Some(false) } else { dynamodb::flag(item, "disabled") };
        Ok(Self {
            email,
            id: MemberId(number("member_id")?),
            generation: number("generation")?,
            disabled: disabled.ok_or(unreadable("disabled"))?,
            password_hash: dynamodb::text(item, "password_hash").and_then(|hash| hash.parse().ok()),
            created_at: dynamodb::number(item, "created_at").map(Timestamp::from_secs),
        })
    }

    /// The item of a new member.
    pub(crate) fn new_item(email: &Email, hash: &PasswordHash, id: MemberId, now: Timestamp) -> Item {
        let attributes = [
            ("email", s(email.as_str())),
            ("member_id", n(id.0)),
            ("password_hash", s(hash.as_str())),
            ("generation", n(1)),
            ("disabled", AttributeValue::Bool(false)),
            ("created_at", n(now.as_secs())),
        ];
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
