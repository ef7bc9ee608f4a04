//! What stands and falls with a condition expression, on an embedded `DynamoDB`.

mod cookies;
mod member_ids;
mod members;
mod rate_limit;
mod sessions;
mod signing_keys;

use aws_sdk_dynamodb::Client;
use shared::dynamodb::with_limits;
use shared::timestamp::Timestamp;
use test_database::{Calls, TestDatabase};

/// A database of its own for each test, and the calls made to it.
struct Database {
    database: TestDatabase,
    calls: Calls,
}

impl Database {
    async fn start() -> Self {
        let database = TestDatabase::start().await.unwrap();
        Self { database, calls: Calls::default() }
    }

    /// A client, as another instance would have it.
    fn client(&self) -> Client {
        Client::from_conf(with_limits(self.database.config()).interceptor(self.calls.clone()).build())
    }
}

/// Some moment; the tests move on from it.
const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
