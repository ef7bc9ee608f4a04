//! A member: a person who may log in.

use crate::members::table::NewMember;
use crate::members::{Email, Generation, PasswordHash, PasswordHasher};
use crate::store::{self, Item, MalformedItem, n, s};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::types::AttributeValue;

/// A member's id: 1, 2, 3 …. An id is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct MemberId(u64);

impl MemberId {
    /// The largest number that every JSON parser reads exactly (RFC 8259, section 6): 2^53 − 1.
    pub const LARGEST: Self = Self((1 << 53) - 1);

    /// The id with this number; `None` unless it is from 1 to [`Self::LARGEST`].
    pub const fn new(number: u64) -> Option<Self> {
        if number >= 1 && number <= Self::LARGEST.0 { Some(Self(number)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The result of looking up a member by email.
#[derive(Clone, Debug)]
pub enum MemberLookup {
    /// The member.
    Found(Member),
    /// The item has a malformed attribute. No login can use the item.
    Malformed(MalformedItem),
    /// There is no item.
    Missing,
}

impl MemberLookup {
    pub(crate) fn from_item(email: &Email, item: Option<&Item>) -> Self {
        match item.map(|item| Member::from_item(email.clone(), item)) {
            Some(Ok(member)) => Self::Found(member),
            Some(Err(malformed)) => Self::Malformed(malformed),
            None => Self::Missing,
        }
    }

    /// The member, if there is one.
    pub fn found(self) -> Option<Member> {
        match self {
            Self::Found(member) => Some(member),
            Self::Malformed(_) | Self::Missing => None,
        }
    }
}

/// A member as read from the table.
#[derive(Clone, Debug)]
pub struct Member {
    email: Email,
    id: MemberId,
    generation: Generation,
    disabled: bool,
    has_password: bool,
    password_hash: Option<PasswordHash>,
    created_at: Option<Timestamp>,
}

impl Member {
    /// The email that the member logs in with.
    pub const fn email(&self) -> &Email {
        &self.email
    }

    /// The member's id.
    pub const fn id(&self) -> MemberId {
        self.id
    }

    /// Whether the member is barred from logging in.
    pub const fn is_disabled(&self) -> bool {
        self.disabled
    }

    /// The hash that a password must match. `None` when no password can match, because the member is disabled or the
    /// hash is missing or malformed.
    pub fn password_hash(&self) -> Option<&PasswordHash> {
        self.password_hash.as_ref().filter(|_| !self.disabled)
    }

    /// The member's generation. A device is trusted for one generation only.
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// When the member was added; `None` if the item does not record it.
    pub const fn created_at(&self) -> Option<Timestamp> {
        self.created_at
    }

    /// Whether a password was set, even if the stored hash is malformed. An imported member may have no password.
    pub const fn has_password(&self) -> bool {
        self.has_password
    }

    /// Whether the stored hash can match a password at the cost of `passwords`, even if the member is disabled.
    pub fn has_usable_hash(&self, passwords: &PasswordHasher) -> bool {
        self.password_hash.as_ref().is_some_and(|hash| passwords.can_verify(hash))
    }

    /// Whether `hash` is the stored hash, even if the member is disabled.
    pub fn has_hash(&self, hash: &PasswordHash) -> bool {
        self.password_hash.as_ref() == Some(hash)
    }

    /// Reads the member and the email from the item; `None` if the item is malformed.
    pub(crate) fn from_own_item(item: &Item) -> Option<Self> {
        let email = store::text(item, "email").map(Email::from_key)?;
        Self::from_item(email, item).ok()
    }

    pub(crate) fn from_item(email: Email, item: &Item) -> Result<Self, MalformedItem> {
        let malformed = |attribute| MalformedItem { table: "Members", attribute };
        let number = |name| store::number(item, name).ok_or(malformed(name));
        let is_enabled = !item.contains_key("disabled");
        let disabled = if is_enabled { Some(false) } else { store::flag(item, "disabled") };
        Ok(Self {
            email,
            id: number("member_id").and_then(|id| MemberId::new(id).ok_or(malformed("member_id")))?,
            generation: Generation::from_item(item).ok_or(malformed("generation"))?,
            disabled: disabled.ok_or(malformed("disabled"))?,
            has_password: item.contains_key("password_hash"),
            password_hash: store::text(item, "password_hash").and_then(|hash| hash.parse().ok()),
            created_at: store::number(item, "created_at").map(Timestamp::from_secs),
        })
    }

    /// The item of a new member. If there is no hash, no password matches.
    pub(crate) fn new_item(new: &NewMember<'_>, id: MemberId) -> Item {
        let attributes = [
            ("email", s(new.email.as_str())),
            ("member_id", n(id.0)),
            ("generation", n(new.generation.get())),
            ("disabled", AttributeValue::Bool(false)),
            ("created_at", n(new.created_at.as_secs())),
        ];
        let hash = new.hash.map(|hash| ("password_hash", s(hash.as_str())));
        attributes.into_iter().chain(hash).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
