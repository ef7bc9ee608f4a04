//! The database: the connection, items as Rust values, transactions, and one error for every failed call.

mod batch;
mod connection;
mod error;
mod item;
mod retry;
pub mod tls_roots;
mod transaction;

pub use batch::read_all;
pub use connection::{connect, connect_on_lambda, sdk_config, with_limits, with_operation_timeout};
pub use error::{StoreError, if_condition_held};
pub use item::{Item, MalformedItem, b, bytes, flag, n, number, s, text};
pub(crate) use retry::retry_conflicts;
pub(crate) use transaction::get_together;
pub use transaction::{Transacted, transact};
