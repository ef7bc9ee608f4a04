//! The code that the session functions share: ten modules on six layers. A module uses only modules on lower layers.
//!
//! | layer | module | holds |
//! |---|---|---|
//! | 5 | [`gateway`] | the path from Lambda's event to a handler and back: requests, responses, errors, logs |
//! | 5 | [`accounts`] | actions that change a member and revoke sessions |
//! | 4 | [`sessions`] | sessions: their tokens, timeouts and table |
//! | 3 | [`keys`] | key rings, and the cookies that their keys sign |
//! | 2 | [`members`] | members: emails, passwords, ids and their table |
//! | 2 | [`limits`] | token buckets: the arithmetic and the table |
//! | 1 | [`store`] | the connection to `DynamoDB`, its items and its errors |
//! | 0 | [`config`], [`timestamp`], [`random`] | the environment, the clock, randomness |
//!
//! Invariant: nothing below [`gateway`] names `lambda_http`, a status code or an item of [`gateway`].
//! `.ci/shared/text.py` checks the layers.

pub mod accounts;
pub mod config;
pub mod gateway;
pub mod keys;
pub mod limits;
pub mod members;
pub mod random;
pub mod sessions;
pub mod store;
pub mod timestamp;
