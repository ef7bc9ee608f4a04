//! What clients see while calls to `DynamoDB` fail.

mod actions;
mod case;
mod chain;
mod limits;
mod sessions;
mod table;
