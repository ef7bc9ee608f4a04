//! What stops the start.

use embedded_dynamodb::StartError;
use shared::config::ConfigError;
use shared::store::StoreError;
use std::io;
use std::path::PathBuf;

/// Why nothing is served, in one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another program listens there; on either of localhost's addresses, for a browser may choose both.
    #[error("port {0} is in use: stop what listens there or choose another with --port")]
    PortInUse(u16),
    /// The port is not ours to take.
    #[error("cannot listen on port {port}: {source}")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the operating system says.
        source: io::Error,
    },
    /// There is no such folder to serve.
    #[error("cannot serve {}: it is not a folder", .0.display())]
    Site(PathBuf),
    /// A file of `--tls-certificate` or `--tls-key` cannot be used.
    #[error("cannot use {}: {problem}", path.display())]
    TlsFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The certificate and the key do not belong together, or are of a kind that is not known.
    #[error("cannot use the certificate with its key: {0}")]
    Tls(String),
    /// The embedded database does not start.
    #[error(transparent)]
    Database(StartError),
    /// The database elsewhere cannot be reached, or refuses our tables.
    #[error("cannot use the DynamoDB at {endpoint}: {source}")]
    Elsewhere {
        /// Where it is said to be.
        endpoint: String,
        /// What became of it.
        source: StartError,
    },
    /// The test member cannot be added.
    #[error("cannot add the test member: {0}")]
    Member(String),
    /// `members --local` cannot be told the cost of hashes.
    #[error("cannot note the cost of hashes beside the members: {0}")]
    Cost(String),
    /// A variable of the environment is bad.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The template routes to a function that is not served here.
    #[error("template.yaml routes to the function {0}, which tools/local does not know")]
    UnknownFunction(String),
    /// The signals that end it cannot be listened for.
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
}

impl Error {
    /// The error of listening on `port`.
    pub(crate) fn listening(port: u16, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse(port),
            _ => Self::Listen { port, source },
        }
    }

    /// The error of adding the test member.
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
