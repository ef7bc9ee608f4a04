//! The database: the connection, items as Rust values, transactions, and one error for every failed call.

mod batch;
mod connection;
mod error;
mod item;
pub mod tls_roots;
mod transaction;

pub use batch::read_all;
pub use connection::{connect, connect_on_lambda, sdk_config, with_limits};
pub use error::{StoreError, if_condition_held};
pub use item::{Item, MalformedItem, b, bytes, flag, n, number, s, text};
pub use transaction::{Transacted, transact};
