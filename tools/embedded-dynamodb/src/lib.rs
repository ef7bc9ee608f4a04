//! `DynamoDB` in process, behind its own wire protocol, with the tables of `template.yaml`: for the local
//! server and for tests. The engine is dynoxide, on `SQLite`.

mod cors;
mod tables;
mod template;

pub use cors::Cors;
pub use tables::create_tables;
pub use template::{
    Index, KeyAttribute, PolicyCondition, Projection, Route, Statement, Table, TableResource, Template,
    TemplateError,
};

use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
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
