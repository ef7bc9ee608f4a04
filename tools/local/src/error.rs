//! Errors that prevent the start.

use embedded_dynamodb::StartError;
use shared::config::ConfigError;
use shared::store::StoreError;
use std::io;
use std::path::PathBuf;

/// Why the server does not start. The message is one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another program listens on the port, on one of the two addresses of localhost. Both must be free,
    /// because a browser may choose either.
    #[error("port {0} is in use: stop what listens there or choose another with --port")]
    PortInUse(u16),
    /// The operating system does not allow this port.
    #[error("cannot listen on port {port}: {source}")]
    Listen {
        /// The requested port.
        port: u16,
        /// The operating system's error.
        source: io::Error,
    },
    /// The path of `--site` is not a folder.
    #[error("cannot serve {}: it is not a folder", .0.display())]
    Site(PathBuf),
    /// A file of `--tls-certificate` or `--tls-key` cannot be used.
    #[error("cannot use {}: {problem}", path.display())]
    TlsFile {
        /// The file.
        path: PathBuf,
        /// The reason.
        problem: String,
    },
    /// The generated certificate cannot be written to a file.
    #[error("cannot write the certificate to a temporary file: {0}")]
    Certificate(io::Error),
    /// The certificate and the key do not match, or have an unknown format.
    #[error("cannot use the certificate with its key: {0}")]
    Tls(String),
    /// The embedded database does not start.
    #[error(transparent)]
    Database(StartError),
    /// The database at another endpoint cannot be reached, or refuses the template's tables.
    #[error("cannot use the DynamoDB at {endpoint}: {source}")]
    Elsewhere {
        /// The given endpoint.
        endpoint: String,
        /// The database's error.
        source: StartError,
    },
    /// The test member cannot be added.
    #[error("cannot add the test member: {0}")]
    Member(String),
    /// An environment variable is missing or invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The template routes to a function that this server does not serve.
    #[error("template.yaml routes to the function {0}, which tools/local does not know")]
    UnknownFunction(String),
    /// The program cannot listen for the signals that stop it.
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
}

impl Error {
    /// The error for a failed attempt to listen on `port`.
    pub(crate) fn listening(port: u16, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse(port),
            _ => Self::Listen { port, source },
        }
    }

    /// The error for a failed attempt to add the test member.
    pub(crate) fn adding_member(error: &StoreError) -> Self {
        Self::Member(error.to_string())
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Listen { port, source } => Self::listening(port, source),
            error @ (StartError::Open { .. } | StartError::Table { .. }) => Self::Database(error),
        }
    }
}
