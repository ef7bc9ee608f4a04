//! `--https`: a certificate made at the start, or one from a file.

use crate::error::Error;
use crate::options::{CertificateFiles, Options};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use std::path::Path;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The names that a browser may use for this machine. No client accepts a certificate for `*.localhost`.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Safari refuses certificates that are valid for longer than 825 days.
const VALIDITY: Duration = Duration::days(90);

/// The TLS settings with the certificate that the options ask for; `None` for plain HTTP.
pub(crate) fn acceptor(options: &Options) -> Result<Option<TlsAcceptor>, Error> {
    let (chain, key) = match options.certificate_files() {
        Some(files) => read(&files)?,
        None if options.https => generate(),
        None => return Ok(None),
    };
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let config = config.map_err(|error| Error::Tls(error.to_string()))?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// A self-signed certificate. Each start makes a new one and keeps it in memory only.
fn generate() -> Identity {
    let key = KeyPair::generate().expect("the operating system gives random bytes");
    let mut params = CertificateParams::new(NAMES.map(str::to_owned)).expect("the names are names");
    params.distinguished_name.push(DnType::CommonName, "localhost, for this run of the local server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - Duration::DAY, now + VALIDITY);
    let certificate = params.self_signed(&key).expect("a key signs its own certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("the key is in PKCS #8");
    (vec![certificate.der().clone()], key)
}

/// A certificate with its chain, and its key, as mkcert writes them.
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
