//! What the session functions share, one noun a file.
//!
//! In reading order: who logs in ([`email`], [`password`], [`member`] in [`members`] under [`member_ids`]),
//! what they get ([`session`] in [`sessions`] for its [`lifespan`], opened by a [`session_token`] in a
//! [`cookie`] that a [`signing_key`] of the [`signing_keys`] signs), how it is found again
//! ([`live_session`]), what holds strangers off ([`quota`], [`rate_limit`], [`client`]), and how it is told
//! ([`http`], [`error`], [`audit`]). Around that: the way in from Lambda ([`lambda`]), the environment
//! ([`config`]), the clock ([`timestamp`]), the database ([`dynamodb`]), who vouches for it ([`authorities`])
//! and how long a request waits for it ([`deadline`]).

pub mod audit;
pub mod authorities;
pub mod client;
pub mod config;
pub mod cookie;
pub mod deadline;
pub mod dynamodb;
pub mod email;
pub mod error;
pub mod http;
pub mod lambda;
pub mod lifespan;
pub mod live_session;
pub mod member;
pub mod member_ids;
pub mod members;
pub mod password;
pub mod quota;
pub mod rate_limit;
pub mod session;
pub mod session_token;
pub mod sessions;
pub mod signing_key;
pub mod signing_keys;
pub mod timestamp;
