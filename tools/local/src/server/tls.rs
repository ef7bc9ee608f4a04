//! `--https`: a certificate created at the start, or one from a file. A client that speaks plain HTTP gets an error
//! that names the HTTPS address.

use crate::error::Error;
use crate::gateway::peer::Peer;
use crate::options::{CertificateFiles, Options};
use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use std::io::{self, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use tempfile::{NamedTempFile, TempPath};
use time::{Duration, OffsetDateTime};
use tls_listener::{AsyncTls, TlsListener};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// A listener for TLS connections, which handles many handshakes at the same time.
pub(crate) type HttpsListener = TlsListener<TcpListener, HttpsAcceptor>;

impl Connected<IncomingStream<'_, HttpsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, HttpsListener>) -> Self {
        Self::of(&stream, "https")
    }
}

/// The names that a browser may use for this machine. No client accepts a certificate for `*.localhost`.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Safari refuses certificates that are valid for longer than 825 days.
const VALIDITY: Duration = Duration::days(90);

/// The acceptor of TLS connections, and the file with the generated certificate (PEM), for clients to trust.
pub(crate) struct Tls {
    pub(crate) acceptor: HttpsAcceptor,
    pub(crate) certificate: Option<TempPath>,
}

impl Tls {
    /// Loads or generates the certificate that the options ask for. `None` for plain HTTP.
    pub(crate) fn open(options: &Options) -> Result<Option<Self>, Error> {
        let (identity, certificate) = match options.certificate_files() {
            Some(files) => (read(&files)?, None),
            None if options.https => {
                let (identity, pem) = generate();
                (identity, Some(temporary_file(&pem).map_err(Error::Certificate)?))
            }
            None => return Ok(None),
        };
        Ok(Some(Self { acceptor: HttpsAcceptor::new(identity)?, certificate }))
    }
}

/// Accepts TLS connections.
#[derive(Clone)]
pub(crate) struct HttpsAcceptor(TlsAcceptor);

impl HttpsAcceptor {
    fn new((chain, key): Identity) -> Result<Self, Error> {
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
        let config = config.map_err(|error| Error::Tls(error.to_string()))?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

impl AsyncTls<TcpStream> for HttpsAcceptor {
    type Stream = TlsStream<TcpStream>;
    type Error = io::Error;
    type AcceptFuture = Pin<Box<dyn Future<Output = io::Result<Self::Stream>> + Send>>;

    fn accept(&self, stream: TcpStream) -> Self::AcceptFuture {
        let acceptor = self.0.clone();
        Box::pin(async move {
            let mut first = [0];
            stream.peek(&mut first).await?;
            if first[0].is_ascii_uppercase() {
                refuse_http(stream).await?;
                return Err(io::ErrorKind::InvalidData.into());
            }
            acceptor.accept(stream).await
        })
    }
}

/// Answers a request in plain HTTP. A TLS connection begins with the byte 22, an HTTP request with a letter.
async fn refuse_http(mut stream: TcpStream) -> io::Result<()> {
    let port = stream.local_addr()?.port();
    let response = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
         This port speaks HTTPS: use https://localhost:{port}\n"
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await?;
    // Closing a connection with unread bytes resets it, and the client would lose the response.
    copy(&mut stream.take(LONGEST_REFUSED_REQUEST), &mut sink()).await.map(drop)
}

const LONGEST_REFUSED_REQUEST: u64 = 64 * 1024;

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn temporary_file(pem: &str) -> io::Result<TempPath> {
    let mut file = tempfile::Builder::new().prefix("localhost-").suffix(".pem").tempfile()?;
    file.write_all(pem.as_bytes())?;
    Ok(NamedTempFile::into_temp_path(file))
}

/// Creates a self-signed certificate, and returns its PEM too. Each start creates a new one, and the key stays in
/// memory.
fn generate() -> (Identity, String) {
    let key = KeyPair::generate().expect("the operating system gives random bytes");
    let mut params = CertificateParams::new(NAMES.map(str::to_owned)).expect("the names are names");
    params.distinguished_name.push(DnType::CommonName, "localhost, for this run of the local server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - Duration::DAY, now + VALIDITY);
    let certificate = params.self_signed(&key).expect("a key signs its own certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("the key is in PKCS #8");
    ((vec![certificate.der().clone()], key), certificate.pem())
}

/// Reads a certificate with its chain, and its key, from PEM files such as those of mkcert.
fn read(files: &CertificateFiles) -> Result<Identity, Error> {
    let failed = |path: &Path, problem: String| Error::TlsFile { path: path.to_owned(), problem };
    let chain =
        CertificateDer::pem_file_iter(files.certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| failed(files.certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(failed(files.certificate, "it has no certificate in PEM".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(files.key);
    Ok((chain, key.map_err(|error| failed(files.key, error.to_string()))?))
}
