//! An in-process `DynamoDB` that speaks the wire protocol and has the tables of `template.yaml`. The local server and
//! the tests use it. The engine is dynoxide, which stores its data in `SQLite`.

mod page_guard;
mod server;
mod tables;

pub use page_guard::{host, is_this_machine, refuse_pages};
pub use tables::{create_tables, table_variables};

use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_dynamodb::{Client, Config};
use dynoxide::Database;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Where the items are stored.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In memory, until the database ends.
    Memory,
    /// In the file `dynamodb.sqlite` of a folder. A missing folder is created.
    Folder(PathBuf),
}

/// A running database, which stops when this value is dropped.
#[derive(Debug)]
pub struct EmbeddedDynamoDb {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

/// Why the database does not start. The message is one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is in use, or the process may not use it.
    #[error("cannot listen on port {port}: {source}")]
    Listen {
        /// The requested port.
        port: u16,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The folder cannot be created, or the file in it is not a database.
    #[error("cannot open the database in {folder}: {reason}")]
    Open {
        /// The requested folder.
        folder: String,
        /// The reason.
        reason: String,
    },
    /// A table cannot be created.
    #[error("cannot create the table {table}: {reason}")]
    Table {
        /// The table's name.
        table: String,
        /// The database's error.
        reason: String,
    },
}

impl EmbeddedDynamoDb {
    /// Starts a database on `port` of the loopback interface (0: any free port), with all tables of the template.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(storage: Storage, port: u16) -> Result<Self, StartError> {
        let database = open(storage)?;
        let listen = |source| StartError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(server::run(listener, database, async { drop(stopped.await) }));
        let started = Self { address, stop, server };
        create_tables(&Client::from_conf(started.config().build())).await?;
        Ok(started)
    }

    /// The URL of the database, such as `http://127.0.0.1:8000`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The configuration of a client of this database.
    pub fn config(&self) -> Builder {
        local_config(&self.endpoint())
    }

    /// Finishes the requests in progress and stops. Drop all clients that keep connections open first.
    pub async fn stop(self) {
        drop(self.stop);
        let _ = self.server.await;
    }
}

/// The configuration of a client of an emulator at `endpoint`. An emulator requires credentials and accepts any.
pub fn local_config(endpoint: &str) -> Builder {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
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

/// Keeps the first sentence of the engine's message. The other sentences are advice for the engine's own users.
fn unusable(folder: &Path, error: &dyn std::fmt::Display) -> StartError {
    let reason = error.to_string();
    let reason = reason.split(". ").next().unwrap_or_default().to_owned();
    StartError::Open { folder: folder.display().to_string(), reason }
}
