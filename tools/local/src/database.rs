//! The database behind the functions, with the tables and the test member: the embedded one, or another endpoint.

use crate::error::Error;
use crate::options::{DatabasePort, Options};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Builder, Credentials, Region};
use embedded_dynamodb::{
    EmbeddedDynamoDb, StartError, Storage, create_tables, local_config, table_variables,
};
use shared::accounts::Accounts;
use shared::config::Environment;
use shared::members::{Email, Password, PasswordHasher};
use shared::store::{StoreError, with_limits};
use shared::timestamp::Timestamp;
use std::time::Duration;
use tokio::time::timeout;

/// The member that exists from the start. The email is the reference application's own test address.
pub(crate) const TEST_EMAIL: &str = "test@tozo.invalid";

/// The test member's password.
pub(crate) const TEST_PASSWORD: &str = "password";

/// How long the database waits for requests in progress when it stops.
const LONGEST_STOP: Duration = Duration::from_secs(1);

/// A database with the template's tables and the test member.
pub(crate) struct Database {
    dynamodb: Client,
    endpoint: String,
    embedded: Option<EmbeddedDynamoDb>,
}

impl Database {
    /// The database that the options ask for. An embedded one listens on `port`.
    pub(crate) async fn open(
        options: &Options,
        port: DatabasePort,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let database = match &options.dynamodb_endpoint {
            Some(endpoint) => Self::elsewhere(endpoint, environment).await?,
            None => Self::embedded(options, port).await?,
        };
        database.add_test_member(environment).await?;
        Ok(database)
    }

    pub(crate) const fn dynamodb(&self) -> &Client {
        &self.dynamodb
    }

    /// The URL of the database.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Stops the embedded database. Its file is closed at the latest when the runtime ends.
    pub(crate) async fn stop(self) {
        drop(self.dynamodb);
        if let Some(embedded) = self.embedded {
            let _ = timeout(LONGEST_STOP, embedded.stop()).await;
        }
    }

    async fn embedded(options: &Options, port: DatabasePort) -> Result<Self, Error> {
        let storage = || options.data.clone().map_or(Storage::Memory, Storage::Folder);
        let embedded = match port {
            DatabasePort::Exactly(port) => EmbeddedDynamoDb::start(storage(), port).await?,
            DatabasePort::Preferably(port) => match EmbeddedDynamoDb::start(storage(), port).await {
                Err(StartError::Listen { .. }) => EmbeddedDynamoDb::start(storage(), 0).await?,
                started => started?,
            },
        };
        let dynamodb = client(embedded.config());
        Ok(Self { dynamodb, endpoint: embedded.endpoint(), embedded: Some(embedded) })
    }

    async fn elsewhere(endpoint: &str, environment: &Environment) -> Result<Self, Error> {
        let dynamodb = client(with_credentials(local_config(endpoint), environment));
        let refused = |source| Error::Elsewhere { endpoint: endpoint.to_owned(), source };
        create_tables(&dynamodb).await.map_err(refused)?;
        Ok(Self { dynamodb, endpoint: endpoint.to_owned(), embedded: None })
    }

    async fn add_test_member(&self, environment: &Environment) -> Result<(), Error> {
        let hasher = PasswordHasher::new(environment.parsed("BCRYPT_COST", "12")?);
        let accounts = Accounts::from_env(environment, &self.dynamodb)?;
        let email = Email::parse(TEST_EMAIL).expect("it is an email");
        let failed = |error: StoreError| Error::adding_member(&error);
        if accounts.members().get(&email).await.map_err(failed)?.is_none() {
            let hash = hasher.hash(&Password::new(TEST_PASSWORD)).await.expect("it is short");
            accounts.add(&email, &hash, Timestamp::now()).await.map_err(failed)?;
        }
        Ok(())
    }
}

/// The environment of the functions. The tables have their local names, even if the shell's variables name the tables
/// of a deployment.
pub(crate) fn with_local_tables(environment: &Environment) -> Environment {
    let mut environment = environment.clone();
    environment.extend(table_variables());
    environment
}

fn client(config: Builder) -> Client {
    Client::from_conf(with_limits(config).build())
}

/// Adds the credentials and the region of the environment, if they are set. An emulator can keep separate tables for
/// each access key and region, and other programs use the environment's credentials and region too. The session token
/// is not sent: no emulator needs it, and the connection is not encrypted.
fn with_credentials(config: Builder, environment: &Environment) -> Builder {
    let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    let config = match region {
        Some(region) => config.region(Region::new(region.to_owned())),
        None => config,
    };
    match (environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => {
            config.credentials_provider(Credentials::new(id, secret, None, None, "environment"))
        }
        _ => config,
    }
}
