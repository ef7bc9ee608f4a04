//! The part that all changes of a member share: a new generation and an effect on the sessions.

use crate::members::Generation;
use crate::timestamp::Timestamp;

/// A change of a member: the new generation, and the effect on the sessions. A change is created once per action, not
/// per attempt, so that an attempt recognizes the write of an earlier attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) generation: Generation,
    pub(crate) effect: Effect,
}

/// The effect of a change in `Epochs`, apart from the generation.
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
