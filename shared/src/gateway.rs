//! The way from Lambda's event to a handler and back.

pub mod audit;
pub mod client;
pub mod client_limiter;
mod context;
pub mod deadline;
mod error;
pub mod fields;
pub mod http;
pub mod lambda;
pub mod live_session;
pub mod process;
pub mod proxy;

pub use error::Error;
