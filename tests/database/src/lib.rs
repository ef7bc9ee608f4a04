//! A database for one test, and a record of the calls that a client makes.

mod calls;
mod test_database;

pub use calls::Calls;
pub use test_database::TestDatabase;
