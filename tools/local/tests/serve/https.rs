//! `--https`, with a certificate made on the spot and with one from a file.

use crate::http::{read, send};
use crate::{start, start_with};
use local::Server;
use rcgen::{CertificateParams, KeyPair};
use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Sends a `GET` as a client that trusts only `certificate`, with this name for the server.
async fn get(server: &Server, certificate: CertificateDer<'static>, name: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    exchange(server, config, name).await
}

async fn exchange(server: &Server, config: ClientConfig, name: &str) -> std::io::Result<String> {
    let stream = TcpStream::connect(address(server)).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn address(server: &Server) -> SocketAddr {
    let port = server.url().strip_prefix("https://localhost:").expect("the URL says https").parse().unwrap();
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Accepts any certificate and keeps it for later, as a person does at the browser's warning.
#[derive(Debug, Default)]
struct Shown(Mutex<Option<CertificateDer<'static>>>);

impl ServerCertVerifier for Shown {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.0.lock().unwrap() = Some(certificate.clone().into_owned());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

async fn shown_certificate(server: &Server) -> CertificateDer<'static> {
    let shown = Arc::new(Shown::default());
    let config =
        ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::clone(&shown) as _);
    exchange(server, config.with_no_client_auth(), "localhost").await.unwrap();
    shown.0.lock().unwrap().take().unwrap()
}

#[tokio::test]
async fn a_generated_certificate_is_for_this_machines_names_alone() {
    let server = start_with(&["--port", "0", "--https"], &[]).await.unwrap();
    let certificate = shown_certificate(&server).await;
    for name in ["localhost", "127.0.0.1", "::1"] {
        let answer = get(&server, certificate.clone(), name).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 401 "), "{name}: {answer}");
    }
    assert!(get(&server, certificate, "example.com").await.is_err());
    let other = start_with(&["--port", "0", "--https"], &[]).await.unwrap();
    assert!(
        get(&other, shown_certificate(&server).await, "localhost").await.is_err(),
        "each start has its own"
    );
}

/// A browser would apply the header to all ports of `localhost`.
#[tokio::test]
async fn an_answer_over_https_differs_only_in_strict_transport_security() {
    let plain = send(&start().await, "GET /sessions/", &[], "").await;
    let server = start_with(&["--port", "0", "--https"], &[]).await.unwrap();
    let answer = get(&server, shown_certificate(&server).await, "localhost").await.unwrap();
    let [plain, https] = [plain, read(&answer)].map(|it| it.header_names().collect::<BTreeSet<_>>());
    assert_eq!(Vec::from_iter(&plain ^ &https), ["strict-transport-security"]);
    assert!(plain.contains("strict-transport-security"));
}

/// Writes a certificate for `localhost` and its key as mkcert does. `name` distinguishes the tests.
fn files(name: &str) -> (PathBuf, PathBuf, CertificateDer<'static>) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("https-{name}"));
    fs::create_dir_all(&folder).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (certificate_file, key_file) = (folder.join("localhost.pem"), folder.join("localhost-key.pem"));
    fs::write(&certificate_file, certificate.pem()).unwrap();
    fs::write(&key_file, key.serialize_pem()).unwrap();
    (certificate_file, key_file, certificate.der().clone())
}

fn arguments<'a>(certificate: &'a Path, key: &'a Path) -> [&'a str; 6] {
    let [certificate, key] = [certificate, key].map(|path| path.to_str().unwrap());
    ["--port", "0", "--tls-certificate", certificate, "--tls-key", key]
}

#[tokio::test]
async fn a_certificate_from_a_file_is_shown() {
    let (certificate_file, key_file, certificate) = files("given");
    let server = start_with(&arguments(&certificate_file, &key_file), &[]).await.unwrap();
    assert!(get(&server, certificate, "localhost").await.unwrap().starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_one_line() {
    let (certificate, key, _) = files("bad");
    let (_, other_key, _) = files("other");
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
    let server = start_with(&["--port", "0", "--https"], &[]).await.unwrap();
    let _silent = TcpStream::connect(address(&server)).await.unwrap();
    let mut plain = TcpStream::connect(address(&server)).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    shown_certificate(&server).await;
}

#[tokio::test]
async fn a_client_that_speaks_http_is_told_to_use_https() {
    let server = start_with(&["--port", "0", "--https"], &[]).await.unwrap();
    let url = server.url().replace("https:", "http:");
    for request in
        [reqwest::Client::new().get(&url), reqwest::Client::new().post(&url).body("x".repeat(9000))]
    {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 400);
        assert_eq!(response.text().await.unwrap(), format!("This port speaks HTTPS: use {}\n", server.url()));
    }
}

#[tokio::test]
async fn the_certificate_is_in_a_file_while_the_server_runs() {
    let server = start_with(&["--port", "0", "--https"], &[]).await.unwrap();
    let file = server.certificate().unwrap().to_owned();
    let certificate = CertificateDer::from_pem_file(&file).unwrap();
    assert!(get(&server, certificate, "localhost").await.is_ok());
    server.stop().await;
    assert!(!file.exists());
}
