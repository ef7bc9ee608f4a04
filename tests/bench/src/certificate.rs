//! A certificate for `localhost`, and an authority that vouches for it as long as the process runs.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use shared::store::trust::AMAZON;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The certificate, and files with what a client has to trust.
pub(crate) struct Certificate {
    server: Arc<ServerConfig>,
    authority: String,
    folder: TempDir,
}

/// The last line of a certificate in a list.
const END: &str = "-----END CERTIFICATE-----\n";

/// Where distributions keep their authorities: Debian, then Amazon Linux.
const SYSTEM_ROOTS: [&str; 2] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"];

impl Certificate {
    /// A new one.
    pub(crate) fn generate() -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, generate_key()).expect("an authority");
        let key = generate_key();
        let mut leaf = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        // Another than the authority's, or OpenSSL takes it for its own.
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

    /// For a server that shows it.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.server))
    }

    /// A copy of a program of ours that trusts the authority in place of the first of Amazon's, and is the same
    /// to the byte but for that: what is measured is what is deployed.
    ///
    /// # Errors
    /// When the program has no list of Amazon's authorities.
    pub(crate) fn trusting_copy(&self, program: &Path, name: &str) -> io::Result<PathBuf> {
        let copy = self.folder.path().join(name);
        if copy.exists() {
            return Ok(copy); // and may be running
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

    /// A file with the authority alone, as PEM.
    pub(crate) fn authority(&self) -> String {
        self.file("authority.pem")
    }

    /// A file with the authority among all that the system trusts, as PEM: what most programs read at start.
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
