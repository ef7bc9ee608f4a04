//! The generation of a member, which shows whether the member was changed.

use crate::random::random;
use crate::store::{self, Item};

/// A random number that is new whenever the member is added or changed. Because it is random, a member who was restored
/// from a backup never gets an earlier generation again, so no write and no device of an earlier state matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u64);

impl Generation {
    /// The largest number that every JSON parser reads exactly (RFC 8259, section 6).
    const LARGEST: u64 = (1 << 53) - 1;

    /// A new random generation, from 1 to 2^53 − 1. Zero stands for "no member".
    pub fn random() -> Self {
        Self((u64::from_be_bytes(random()) & Self::LARGEST).max(1))
    }

    /// The generation in an item; `None` unless it is from 1 to 2^53 − 1.
    pub(crate) fn from_item(item: &Item) -> Option<Self> {
        store::number(item, "generation").filter(|number| (1..=Self::LARGEST).contains(number)).map(Self)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}
