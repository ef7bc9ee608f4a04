//! All faults, and one fault of each class.

use tests::fault_proxy::{Fault, Times};

/// Every fault.
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

/// One fault of each class. The class decides the response.
pub(crate) const ONE_OF_EACH_CLASS: [(Fault, Times); 5] = [
    (Fault::Hung, Times::Always),       // not done, retried until the time is up
    (Fault::Lost, Times::Once),         // done, the response is lost, retried
    (Fault::Lost, Times::Always),       // done several times, every response is lost
    (Fault::Truncated, Times::Once),    // done, the response is unreadable, not retried
    (Fault::ExpiredToken, Times::Once), // not done, not retried
];
