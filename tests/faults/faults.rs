//! The faults, and the few that stand for all.

use tests::fault_proxy::{Fault, Times};

/// Every fault that a call can meet.
pub(crate) const ALL: [Fault; 15] = [
    Fault::Hung,
    Fault::Slow,
    Fault::Refused,
    Fault::Closed,
    Fault::Lost,
    Fault::Reset,
    Fault::Truncated,
    Fault::Garbage,
    Fault::OverThroughput,
    Fault::Throttled,
    Fault::ServerError,
    Fault::ExpiredToken,
    Fault::UnrecognizedClient,
    Fault::ClockAhead,
    Fault::ClockBehind,
];

/// One fault of each class: what becomes of the call decides the answer.
pub(crate) const ONE_OF_EACH_CLASS: [(Fault, Times); 5] = [
    (Fault::Hung, Times::Always),       // not done, tried until the time is over
    (Fault::Lost, Times::Once),         // done, the answer is lost, tried again
    (Fault::Lost, Times::Always),       // done several times, never answered
    (Fault::Truncated, Times::Once),    // done, the answer is unreadable, not tried again
    (Fault::ExpiredToken, Times::Once), // not done, not tried again
];
