//! The epoch of a member, or of a session.

use crate::store::{Item, MalformedItem};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::types::AttributeValue;

/// The epoch of a member, or of a session: any number, as the text that `DynamoDB` returns for it. A new epoch begins
/// at the current time in microseconds, so that an item that was deleted by mistake does not come back with an earlier
/// epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch(String);

impl Epoch {
    pub(crate) fn starting_at(now: Timestamp) -> Self {
        Self(now.as_micros().to_string())
    }

    /// Whether the item has this epoch.
    pub(crate) fn is_of(&self, item: &Item) -> bool {
        item.get("epoch").and_then(|epoch| epoch.as_n().ok()) == Some(&self.0)
    }
}

impl From<Epoch> for AttributeValue {
    fn from(epoch: Epoch) -> Self {
        Self::N(epoch.0)
    }
}

/// The result of looking up an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EpochLookup {
    /// The epoch.
    Found(Epoch),
    /// The item's epoch is not a number. No session of the member is live and no login succeeds, until the next
    /// revocation overwrites the epoch.
    Malformed(MalformedItem),
    /// There is no item, or it has no epoch.
    Missing,
}

impl EpochLookup {
    pub(crate) fn from_item(table: &'static str, item: Option<&Item>) -> Self {
        match item.and_then(|item| item.get("epoch")) {
            Some(AttributeValue::N(number)) => Self::Found(Epoch(number.clone())),
            Some(_) => Self::Malformed(MalformedItem { table, attribute: "epoch" }),
            None => Self::Missing,
        }
    }

    /// The epoch, if there is one.
    pub fn found(self) -> Option<Epoch> {
        match self {
            Self::Found(epoch) => Some(epoch),
            Self::Malformed(_) | Self::Missing => None,
        }
    }
}
