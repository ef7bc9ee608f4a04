//! A certificate for `localhost`, and the root certificate that signed it. Both are new in each run.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use shared::store::tls_roots::AMAZON;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The certificate, and files with the roots that a client has to trust.
pub(crate) struct Certificate {
    server: Arc<ServerConfig>,
    authority: String,
    folder: TempDir,
}

/// The line that ends a PEM certificate.
const END: &str = "-----END CERTIFICATE-----\n";

/// Where distributions keep their root certificates: Debian, then Amazon Linux.
const SYSTEM_ROOTS: [&str; 2] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"];

impl Certificate {
    /// Generates a new certificate and its root.
    pub(crate) fn generate() -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, generate_key()).expect("an authority");
        let key = generate_key();
        let mut leaf = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        // The certificate needs another name than the root: otherwise, OpenSSL takes the certificate for its own
        // issuer.
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        let leaf = leaf.signed_by(&key, &authority).expect("a certificate");
        let secret = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let server = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone(), authority.der().clone()], secret)
            .expect("the key is the certificate's");
        let folder = write(&authority.pem()).expect("a temporary folder");
        Self { server: Arc::new(server), authority: authority.pem(), folder }
    }

    /// The configuration of a server with this certificate.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.server))
    }

    /// A copy of a function's binary that trusts this root instead of Amazon's first root. All other bytes are the
    /// same, so the deployed code is measured.
    ///
    /// # Errors
    /// When the program contains no list of Amazon's root certificates.
    pub(crate) fn trusting_copy(&self, program: &Path, name: &str) -> io::Result<PathBuf> {
        let copy = self.folder.path().join(name);
        if copy.exists() {
            return Ok(copy); // the copy may be running, so it is not written again
        }
        fs::copy(program, &copy)?;
        let mut bytes = fs::read(program)?;
        let list = bytes.windows(AMAZON.len()).position(|it| it == AMAZON.as_bytes());
        let list = list.ok_or_else(|| io::Error::other(format!("no list of authorities in {name}")))?;
        let first = AMAZON.find(END).expect("a list of certificates") + END.len();
        let mut authority = self.authority.clone().into_bytes();
        assert!(authority.len() <= first, "it fits in the place of another");
        authority.resize(first, b'\n');
        bytes[list..list + first].copy_from_slice(&authority);
        fs::write(&copy, bytes)?;
        Ok(copy)
    }

    /// A PEM file with only this root.
    pub(crate) fn authority(&self) -> String {
        self.file("authority.pem")
    }

    /// A PEM file with this root and all roots that the system trusts. Most programs read such a file when they start.
    pub(crate) fn system_roots(&self) -> String {
        self.file("system.pem")
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }
}

fn generate_key() -> KeyPair {
    KeyPair::generate().expect("the operating system gives random bytes")
}

fn write(authority: &str) -> io::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("authority.pem"), authority)?;
    let system = SYSTEM_ROOTS.iter().map(Path::new).find(|path| path.exists());
    let system = system.ok_or_else(|| io::Error::other("no list of certificate authorities"))?;
    fs::write(folder.path().join("system.pem"), fs::read_to_string(system)? + authority)?;
    Ok(folder)
}
