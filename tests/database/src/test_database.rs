//! A database for one test.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Builder, Credentials};
use embedded_dynamodb::{EmbeddedDynamoDb, StartError, Storage, create_tables, local_config};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// An empty database with all tables. By default the database is embedded. If `TEST_DYNAMODB_ENDPOINT` is set, the
/// database is the official `DynamoDB` Local at that URL, which separates tables by access key.
#[derive(Debug)]
pub struct TestDatabase {
    config: Builder,
    endpoint: String,
    access_key: String,
    _embedded: Option<EmbeddedDynamoDb>,
}

impl TestDatabase {
    /// Starts the database.
    pub async fn start() -> Result<Self, StartError> {
        let Ok(endpoint) = std::env::var("TEST_DYNAMODB_ENDPOINT") else {
            let embedded = EmbeddedDynamoDb::start(Storage::Memory, 0).await?;
            let (config, endpoint) = (embedded.config(), embedded.endpoint());
            return Ok(Self { config, endpoint, access_key: "any".to_owned(), _embedded: Some(embedded) });
        };
        let access_key = fresh_access_key();
        let owner = Credentials::new(&access_key, "test", None, None, "test");
        let config = local_config(&endpoint).credentials_provider(owner);
        create_tables(&Client::from_conf(config.clone().build())).await?;
        Ok(Self { config, endpoint, access_key, _embedded: None })
    }

    /// The URL of the database.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The access key id that finds the tables, in the region us-east-1. Any secret works.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The configuration for a client of this database.
    pub fn config(&self) -> Builder {
        self.config.clone()
    }
}

fn fresh_access_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("test{:x}x{started:x}x{:x}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
