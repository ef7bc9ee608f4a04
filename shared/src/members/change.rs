//! A change of a member, as far as all changes are alike.

use crate::members::Generation;
use crate::timestamp::Timestamp;

/// A change of a member: the generation that it gives the member, and what happens to the sessions. It is made once for
/// an action and not for each attempt, so that an attempt recognizes what an earlier one wrote.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) generation: Generation,
    pub(crate) effect: Effect,
}

/// What a change does in `Epochs`, apart from the generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The sessions stay.
    Keep,
    /// The sessions are revoked at this time.
    Revoke(Timestamp),
    /// The sessions are revoked and the member is removed at this time.
    Remove(Timestamp),
}

impl Change {
    pub(crate) fn new(effect: Effect) -> Self {
        Self { generation: Generation::random(), effect }
    }
}
