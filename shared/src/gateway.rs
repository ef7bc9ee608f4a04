//! The path from Lambda's event to a handler and back.

pub mod audit;
pub mod client;
pub mod client_limiter;
pub mod deadline;
mod error;
pub mod fields;
mod lambda;
pub mod live_session;
pub mod origins;
pub mod process;
pub mod proxy;
mod request;
mod response;

pub use error::Error;
pub use lambda::{Gateway, Handler};
pub use request::{LARGEST_BODY_BYTES, Request, RequestParts};
pub use response::Response;
