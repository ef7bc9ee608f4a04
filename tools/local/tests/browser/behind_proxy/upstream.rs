//! The local server as a proxy sees the API: over HTTPS, and only with the secret.

use super::proxy::NAME;
use crate::start_with_arguments;
use local::Server;
use rcgen::{CertificateParams, KeyPair};
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) const SECRET: &str = "one-secret-of-the-proxy-0123456789abcdef";

pub(crate) struct Upstream {
    server: Server,
    folder: TempDir,
    certificate_file: PathBuf,
}

impl Upstream {
    /// Starts the server with its own certificate.
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost", NAME].map(str::to_owned))
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let (certificate_file, key_file) =
            (folder.path().join("localhost.pem"), folder.path().join("localhost-key.pem"));
        fs::write(&certificate_file, certificate.pem()).unwrap();
        fs::write(&key_file, key.serialize_pem()).unwrap();
        let [certificate_path, key_path] = [&certificate_file, &key_file].map(|it| it.to_str().unwrap());
        let arguments = ["--tls-certificate", certificate_path, "--tls-key", key_path];
        let server =
            start_with_arguments(&arguments, &[&[("PROXY_SECRET", SECRET)], variables].concat()).await;
        Self { server, folder, certificate_file }
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.url().rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// Serves this server at another loopback address too, until the result is dropped.
    pub(crate) async fn also_at(&self, address: Ipv4Addr) -> JoinSet<()> {
        let listener = TcpListener::bind((address, self.port())).await.unwrap();
        let server = (Ipv4Addr::LOCALHOST, self.port());
        let mut forwarding = JoinSet::new();
        forwarding.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                connections.spawn(async move {
                    let mut server = TcpStream::connect(server).await?;
                    copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        forwarding
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn certificate(&self) -> &Path {
        &self.certificate_file
    }
}
