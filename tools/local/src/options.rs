//! The command line.

use axum::http::Uri;
use clap::Parser;
use std::path::{Path, PathBuf};

/// The options.
#[derive(Debug, Parser)]
#[command(
    name = "local",
    bin_name = "cargo run --",
    version,
    about = "The whole session API on http://localhost:9000, with an embedded DynamoDB and one member:\n\
             test@tozo.invalid, whose password is \"password\".",
    after_help = "The functions use the variables of template.yaml; environment variables override them:\n\
                  LOGIN_QUOTA=1000/60 cargo run"
)]
pub struct Options {
    /// The port to listen on, or 0 for any free port; default: 9000, or 8000 with --dynamodb-only
    #[arg(long, value_name = "N")]
    port: Option<u16>,

    /// Keep the database in this folder instead of in memory
    #[arg(long, value_name = "DIR", conflicts_with = "dynamodb_endpoint")]
    pub(crate) data: Option<PathBuf>,

    #[arg(
        long,
        value_name = "URL",
        value_parser = plain_http,
        conflicts_with = "dynamodb_only",
        help = "Use the DynamoDB at this URL, and create the tables and the test member in it"
    )]
    pub(crate) dynamodb_endpoint: Option<String>,

    /// Serve only the database, and print the environment for `cargo lambda watch`
    #[arg(long)]
    pub(crate) dynamodb_only: bool,

    /// Serve the files of this folder on the same origin as the API, instead of the try-out page
    #[arg(long, value_name = "DIR", conflicts_with = "dynamodb_only")]
    pub(crate) site: Option<PathBuf>,

    /// Serve HTTPS, with a certificate created at each start: for Safari and Python's HTTP clients, which do not store
    /// the session cookie over HTTP
    #[arg(long, conflicts_with = "dynamodb_only")]
    pub(crate) https: bool,

    /// Serve HTTPS with this certificate and its chain (PEM), for example from mkcert
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "dynamodb_only")]
    tls_certificate: Option<PathBuf>,

    /// The private key of --tls-certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate", conflicts_with = "dynamodb_only")]
    tls_key: Option<PathBuf>,
}

/// The files of a certificate and its key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CertificateFiles<'a> {
    pub(crate) certificate: &'a Path,
    pub(crate) key: &'a Path,
}

impl Options {
    /// The given port, or the default. With `--dynamodb-only`, the default is `DynamoDB` Local's port.
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(if self.dynamodb_only { DATABASE_PORT } else { 9000 })
    }

    /// The given certificate for HTTPS.
    pub(crate) fn certificate_files(&self) -> Option<CertificateFiles<'_>> {
        let (certificate, key) = (self.tls_certificate.as_deref()?, self.tls_key.as_deref()?);
        Some(CertificateFiles { certificate, key })
    }

    /// The port of the embedded database behind the API: preferably the default port, where other programs look for the
    /// database. With `--port 0`, the database gets any free port too.
    pub(crate) fn database_port(&self) -> DatabasePort {
        if self.port == Some(0) { DatabasePort::Exactly(0) } else { DatabasePort::Preferably(DATABASE_PORT) }
    }
}

/// `DynamoDB` Local's port. `members --local` looks for the database here.
const DATABASE_PORT: u16 = 8000;

/// The port on which an embedded database listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatabasePort {
    /// This port, or an error if this port is in use. 0 stands for any free port.
    Exactly(u16),
    /// This port, or any free port if this port is in use.
    Preferably(u16),
}

/// Accepts only `http://`. No emulator needs TLS, and the test member, whose password is public, must not get into a
/// table on AWS by mistake.
fn plain_http(url: &str) -> Result<String, &'static str> {
    let uri: Uri = url.parse().map_err(|_| NOT_PLAIN_HTTP)?;
    let is_plain_http = uri.scheme_str() == Some("http") && uri.host().is_some_and(|host| !host.is_empty());
    if is_plain_http { Ok(url.to_owned()) } else { Err(NOT_PLAIN_HTTP) }
}

const NOT_PLAIN_HTTP: &str = "must be like http://localhost:8000, without TLS";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, clap::Error> {
        Options::try_parse_from(std::iter::once("local").chain(line.split_whitespace()))
    }

    #[test]
    fn the_api_and_the_database_have_default_ports() {
        assert_eq!(parse("").unwrap().port(), 9000);
        assert_eq!(parse("--dynamodb-only").unwrap().port(), 8000);
        assert_eq!(parse("--dynamodb-only --data d --port 0").unwrap().port(), 0);
    }

    #[test]
    fn the_database_has_its_default_port_unless_the_api_has_any_port() {
        assert_eq!(parse("--port 9001").unwrap().database_port(), DatabasePort::Preferably(8000));
        assert_eq!(parse("--port 0").unwrap().database_port(), DatabasePort::Exactly(0));
    }

    #[test]
    fn conflicting_options_are_refused() {
        for line in [
            "--data d --dynamodb-endpoint http://localhost:8000",
            "--dynamodb-only --dynamodb-endpoint http://localhost:8000",
            "--port 65536",
            "--port",
            "9000",
            "--dynamodb-only --site d",
            "--dynamodb-only --https",
            "--tls-certificate c",
            "--tls-key k",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_endpoint_is_plain_http() {
        for good in
            ["http://localhost:8000", "http://127.0.0.1:8000/", "http://[::1]:8000", "http://dynamodb"]
        {
            assert!(parse(&format!("--dynamodb-endpoint {good}")).is_ok(), "{good}");
        }
        for bad in ["https://dynamodb.us-east-1.amazonaws.com", "localhost:8000", "http://", "/", "nonsense"]
        {
            assert!(parse(&format!("--dynamodb-endpoint {bad}")).is_err(), "{bad}");
        }
    }
}
