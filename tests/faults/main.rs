//! The responses of the API while calls to `DynamoDB` fail.

mod actions;
mod calls;
mod case;
mod faults;
mod limits;
