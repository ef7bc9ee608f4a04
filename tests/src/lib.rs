//! The whole API, as its clients see it. In process, events of the gateway go in, its answers come out, the
//! handlers talk to an embedded `DynamoDB` over the wire, and time is the test's own. Or over HTTP, wherever it
//! is deployed.

mod answer;
mod api;
mod app;
mod client;
mod deployment;
mod document;
mod localhost;
pub mod scenarios;
mod session;
pub mod wire;

pub use answer::Answer;
pub use api::{Api, Member};
pub use app::{Instance, TestApp};
pub use client::{COOKIE, Client, DEVICE_COOKIE};
pub use deployment::{Deployment, Skipped};
pub use document::{Document, Documented, Operation};
