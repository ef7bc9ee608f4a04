//! A database for one test, and a record of what a client sends to it.

mod calls;
mod test_database;

pub use calls::Calls;
pub use test_database::TestDatabase;
