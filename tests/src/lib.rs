//! The whole API in process, as its clients see it: events of the gateway go in, its answers come out, and
//! the handlers talk to an embedded `DynamoDB` over the wire. Time is the test's own.

mod app;
mod client;
mod document;

pub use app::{Instance, TestApp};
pub use client::{Answer, COOKIE, Client, DEVICE_COOKIE};
pub use document::{Document, Documented, Operation};
