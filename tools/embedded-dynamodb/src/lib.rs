//! `DynamoDB` in process, behind its own wire protocol, with the tables of `template.yaml`: for the local
//! server and for tests. The engine is dynoxide, on `SQLite`.

mod calls;
mod cors;
mod permissions;
mod template;
mod test_database;

pub use calls::Calls;
pub use cors::Cors;
pub use permissions::{Permission, PermissionsUsed};
pub use template::{Route, Table, Template};
pub use test_database::TestDatabase;

use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use aws_sdk_dynamodb::{Client, Config};
use dynoxide::Database;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Where the items are kept.
#[derive(Clone, Debug)]
pub enum Storage {
    /// Gone when the database ends.
    Memory,
    /// In the file `dynamodb.sqlite` of a folder, which is made where it is missing.
    Folder(PathBuf),
}

/// A running database. Ends when it is dropped.
#[derive(Debug)]
pub struct EmbeddedDynamoDb {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
}

/// Why there is no database, in one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or not ours to take.
    #[error("cannot listen on port {port}: {source}")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The folder cannot be made, or the file in it is no database.
    #[error("cannot open the database in {folder}: {reason}")]
    Open {
        /// The folder that was asked for.
        folder: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A table could not be made.
    #[error("cannot make the table {table}: {reason}")]
    Table {
        /// Its name.
        table: String,
        /// The database's answer.
        reason: String,
    },
}

impl EmbeddedDynamoDb {
    /// Starts on `port` of the loopback interface (0: any), with all tables of the template.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(storage: Storage, port: u16) -> Result<Self, StartError> {
        let database = open(storage)?;
        let listen = |source| StartError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (stop, stopped) = oneshot::channel();
        let serve = dynoxide::server::serve_with_shutdown(listener, database, async { drop(stopped.await) });
        let started = Self { address, stop, server: tokio::spawn(serve) };
        create_tables(&Client::from_conf(started.config().build())).await?;
        Ok(started)
    }

    /// Where it listens: `http://127.0.0.1:…`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The configuration of a client of it.
    #[must_use]
    pub fn config(&self) -> Builder {
        local_config(&self.endpoint())
    }

    /// Stops, after the requests under way. Clients that keep connections open must be gone.
    pub async fn stop(self) {
        drop(self.stop);
        let _ = self.server.await;
    }
}

/// The configuration of a client of an emulator at `endpoint`, which asks for credentials and believes any.
#[must_use]
pub fn local_config(endpoint: &str) -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}

/// Makes the template's tables, under their logical names, where they are missing.
///
/// # Errors
/// [`StartError::Table`].
pub async fn create_tables(client: &Client) -> Result<(), StartError> {
    for table in Template::of_workspace().tables() {
        let refused = |reason| StartError::Table { table: table.name.clone(), reason };
        match create_table(client, &table).send().await {
            Ok(_) => expire(client, &table).await.map_err(|error| refused(why(&error)))?,
            Err(error)
                if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {}
            Err(error) => return Err(refused(why(&error))),
        }
    }
    Ok(())
}

/// What the database says, or else the innermost cause: the layers around it only say that a call failed.
fn why(error: &(impl ProvideErrorMetadata + std::error::Error + 'static)) -> String {
    let outermost: &dyn std::error::Error = error;
    let innermost = std::iter::successors(Some(outermost), |error| error.source()).last();
    let cause = innermost.map(ToString::to_string).unwrap_or_default();
    error.message().map_or(cause, str::to_owned)
}

fn create_table(client: &Client, table: &Table) -> CreateTableFluentBuilder {
    let create = client.create_table().table_name(&table.name).billing_mode(BillingMode::PayPerRequest);
    table.keys.iter().fold(create, |create, (name, kind, role)| {
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::from(kind.as_str()));
        let key = KeySchemaElement::builder().attribute_name(name).key_type(KeyType::from(role.as_str()));
        create
            .attribute_definitions(attribute.build().expect("name and type are set"))
            .key_schema(key.build().expect("name and role are set"))
    })
}

async fn expire(client: &Client, table: &Table) -> Result<(), aws_sdk_dynamodb::Error> {
    let Some(attribute) = &table.expires_by else { return Ok(()) };
    let ttl = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true);
    let update = client.update_time_to_live().table_name(&table.name);
    update.time_to_live_specification(ttl.build().expect("name and state are set")).send().await?;
    Ok(())
}

fn open(storage: Storage) -> Result<Database, StartError> {
    match storage {
        Storage::Memory => Database::memory().map_err(|error| unusable(Path::new("memory"), &error)),
        Storage::Folder(folder) => {
            std::fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &no_folder(&error)))?;
            let file = folder.join("dynamodb.sqlite");
            Database::new(&file.to_string_lossy()).map_err(|error| unusable(&folder, &error))
        }
    }
}

fn no_folder(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => "it is not a folder".to_owned(),
        _ => error.to_string(),
    }
}

/// Of what the engine says, the first sentence: the others advise its own users.
fn unusable(folder: &Path, error: &dyn std::fmt::Display) -> StartError {
    let reason = error.to_string();
    let reason = reason.split(". ").next().unwrap_or_default().to_owned();
    StartError::Open { folder: folder.display().to_string(), reason }
}
