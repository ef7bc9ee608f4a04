//! Tests on an embedded `DynamoDB`. They fail if a condition expression is weakened.

mod cookies;
mod ids;
mod members;
mod rate_limit;
mod sessions;
mod signing_keys;

use aws_sdk_dynamodb::Client;
use shared::store::with_limits;
use shared::timestamp::Timestamp;
use test_database::{Calls, TestDatabase};

/// A database for one test, and a record of the calls to it.
struct Database {
    database: TestDatabase,
    calls: Calls,
}

impl Database {
    async fn start() -> Self {
        let database = TestDatabase::start().await.unwrap();
        Self { database, calls: Calls::default() }
    }

    /// A separate client, like that of another instance.
    fn client(&self) -> Client {
        Client::from_conf(with_limits(self.database.config()).interceptor(self.calls.clone()).build())
    }
}

/// The time at which each test starts.
const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
