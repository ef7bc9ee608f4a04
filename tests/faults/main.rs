//! What clients see when the wire to `DynamoDB` is disturbed.

mod case;
mod chain;
mod limits;
mod sessions;
mod table;
