//! What clients see while calls to `DynamoDB` fail.

mod actions;
mod calls;
mod case;
mod faults;
mod limits;
