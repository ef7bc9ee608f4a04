//! `--https`, with a generated certificate and with one from a file.

use crate::http::send;
use crate::{start, start_with};
use local::Server;
use rcgen::{CertificateParams, KeyPair};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Sends a `GET` to the server under this name, as a client that trusts only `certificate`.
async fn get(server: &Server, certificate: &Path, name: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address(server)).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}

fn address(server: &Server) -> SocketAddr {
    let port = server.url().strip_prefix("https://localhost:").expect("the URL says https").parse().unwrap();
    (Ipv4Addr::LOCALHOST, port).into()
}

async fn start_https() -> Server {
    start_with(&["--port", "0", "--https"], &[]).await.unwrap()
}

#[tokio::test]
async fn a_generated_certificate_is_for_this_machines_names_alone_and_its_file_ends_with_the_server() {
    let (server, other) = (start_https().await, start_https().await);
    let certificate = server.certificate().unwrap().to_owned();
    for name in ["localhost", "127.0.0.1", "::1"] {
        let response = get(&server, &certificate, name).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 401 "), "{name}: {response}");
    }
    assert!(get(&server, &certificate, "example.com").await.is_err());
    assert!(get(&other, &certificate, "localhost").await.is_err(), "each start has its own");
    server.stop().await;
    assert!(!certificate.exists());
}

/// A browser would apply `Strict-Transport-Security` to all ports of `localhost`.
#[tokio::test]
async fn a_response_over_https_lacks_only_strict_transport_security() {
    let (plain, server) = (send(&start().await, "GET /sessions/", &[], "").await, start_https().await);
    let https = get(&server, server.certificate().unwrap(), "localhost").await.unwrap().to_ascii_lowercase();
    let missing = plain.headers.keys().filter(|name| !https.contains(&format!("\n{name}: ")));
    assert_eq!(missing.collect::<Vec<_>>(), ["strict-transport-security"]);
}

/// Writes a certificate for `localhost` and its key as mkcert does.
fn files() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let [certificate_file, key_file] =
        ["localhost.pem", "localhost-key.pem"].map(|it| folder.path().join(it));
    fs::write(&certificate_file, certificate.pem()).unwrap();
    fs::write(&key_file, key.serialize_pem()).unwrap();
    (folder, certificate_file, key_file)
}

fn arguments<'a>(certificate: &'a Path, key: &'a Path) -> [&'a str; 6] {
    let [certificate, key] = [certificate, key].map(|path| path.to_str().unwrap());
    ["--port", "0", "--tls-certificate", certificate, "--tls-key", key]
}

#[tokio::test]
async fn a_certificate_from_a_file_is_used() {
    let (_folder, certificate, key) = files();
    let server = start_with(&arguments(&certificate, &key), &[]).await.unwrap();
    assert!(get(&server, &certificate, "localhost").await.unwrap().starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_one_line() {
    let ((_folder, certificate, key), (_other_folder, _, other_key)) = (files(), files());
    let missing = PathBuf::from("/nowhere.pem");
    for (certificate, key, beginning) in [
        (&missing, &key, "cannot use /nowhere.pem: "),
        (&certificate, &missing, "cannot use /nowhere.pem: "),
        (&key, &key, "cannot use "),
        (&certificate, &certificate, "cannot use "),
        (&certificate, &other_key, "cannot use the certificate with its key: "),
    ] {
        let error = start_with(&arguments(certificate, key), &[]).await.err().unwrap().to_string();
        assert!(error.starts_with(beginning) && error.lines().count() == 1, "{error}");
    }
}

#[tokio::test]
async fn a_client_that_never_shakes_hands_does_not_delay_others() {
    let server = start_https().await;
    let _silent = TcpStream::connect(address(&server)).await.unwrap();
    let mut plain = TcpStream::connect(address(&server)).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert!(get(&server, server.certificate().unwrap(), "localhost").await.is_ok());
}

#[tokio::test]
async fn a_client_that_speaks_http_is_told_to_use_https() {
    let server = start_https().await;
    let url = server.url().replace("https:", "http:");
    for request in
        [reqwest::Client::new().get(&url), reqwest::Client::new().post(&url).body("x".repeat(9000))]
    {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 400);
        assert_eq!(response.text().await.unwrap(), format!("This port speaks HTTPS: use {}\n", server.url()));
    }
}
