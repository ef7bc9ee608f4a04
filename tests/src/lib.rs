//! The whole API, from a client's point of view.
//!
//! In process, the tests send the gateway's events and read the responses. The handlers call an embedded `DynamoDB`
//! over HTTP, and the test moves the clock. The scenarios also run over HTTP against any deployment.

mod api;
mod app;
mod client;
mod deployment;
mod document;
pub mod fault_proxy;
mod invocation;
mod items;
mod localhost;
mod log;
mod response;
pub mod scenarios;
mod session;

pub use api::{Api, Member};
pub use app::TestApp;
pub use client::{COOKIE, Client, DEVICE_COOKIE};
pub use deployment::{Deployment, Skipped};
pub use document::{Document, Documented, Operation};
pub use items::{text, with};
pub use log::take_log;
pub use response::Response;
