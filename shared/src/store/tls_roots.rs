//! The root certificates that verify AWS's servers: Amazon's five, or the system's roots if those five do not verify a
//! server.
//!
//! Reading the system's roots, about 140, would take nearly half of the instructions of a cold start. Amazon's five are
//! the ones that <https://www.amazontrust.com/repository/> recommends to programs that keep a list. If AWS changes its
//! roots, or a proxy intercepts TLS, the instance reads the system's roots after one failed handshake. A deployment
//! that is never updated then starts slower, but keeps working.

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::env;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

/// Amazon's root certificates, as PEM.
pub const AMAZON: &str = include_str!("amazon_roots.pem");

/// The environment variables that replace all root certificates.
const REPLACEMENTS: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// A connector for calls to AWS that reuses connections.
pub fn connector(settings: HttpConnectorSettings) -> SharedHttpConnector {
    connector_for(REPLACEMENTS.iter().any(|name| env::var_os(name).is_some()), settings)
}

fn connector_for(roots_are_replaced: bool, settings: HttpConnectorSettings) -> SharedHttpConnector {
    if roots_are_replaced {
        return trusting(TrustStore::default(), settings);
    }
    let amazon = trusting(TrustStore::empty().with_pem_certificate(AMAZON), settings.clone());
    let system = move || trusting(TrustStore::default(), settings);
    SharedHttpConnector::new(AmazonFirst::new(amazon, system))
}

fn trusting(roots: TrustStore, settings: HttpConnectorSettings) -> SharedHttpConnector {
    let tls =
        TlsContext::builder().with_trust_store(roots).build().expect("a context with roots alone is valid");
    let connector = Connector::builder().connector_settings(settings);
    let connector = connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls);
    SharedHttpConnector::new(connector.build())
}

/// Trusts Amazon's roots until they fail to verify a server, and the system's from then on.
struct AmazonFirst<F>(Arc<Connectors<F>>);

struct Connectors<F> {
    amazon: SharedHttpConnector,
    /// Whether Amazon's roots have verified a server. If they do not verify a later server, the SDK retries the call.
    has_amazon_verified: AtomicBool,
    system: LazyLock<SharedHttpConnector, F>,
}

impl<F> AmazonFirst<F>
where
    F: FnOnce() -> SharedHttpConnector + Send + 'static,
{
    fn new(amazon: SharedHttpConnector, system: F) -> Self {
        let system = LazyLock::new(system);
        Self(Arc::new(Connectors { amazon, has_amazon_verified: AtomicBool::new(false), system }))
    }
}

impl<F> HttpConnector for AmazonFirst<F>
where
    F: FnOnce() -> SharedHttpConnector + Send + 'static,
{
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let Some(system) = LazyLock::get(&self.0.system) {
            return system.call(request);
        }
        let connectors = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            // Copying the request costs 2 % of a warm request, and is rarely needed once Amazon's roots have verified a
            // server.
            let may_be_refused =
                request.uri().starts_with("https:") && !connectors.has_amazon_verified.load(Relaxed);
            let copy = if may_be_refused { request.try_clone() } else { None };
            match connectors.amazon.call(request).await {
                Err(error) if is_certificate_error(&error) => {
                    let system = LazyLock::force(&connectors.system);
                    match copy {
                        Some(request) => system.call(request).await,
                        None => Err(ConnectorError::io(error.into())), // which the SDK retries
                    }
                }
                outcome => {
                    if may_be_refused && outcome.is_ok() {
                        connectors.has_amazon_verified.store(true, Relaxed);
                    }
                    outcome
                }
            }
        })
    }
}

impl<F> fmt::Debug for AmazonFirst<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmazonFirst").finish_non_exhaustive()
    }
}

/// Whether the connection failed because of the server's certificate, before anything was sent.
fn is_certificate_error(error: &(dyn StdError + 'static)) -> bool {
    if let Some(error) = error.downcast_ref() {
        return matches!(error, rustls::Error::InvalidCertificate(_));
    }
    // `io::Error::source` skips the wrapped error and returns that error's source.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.map(|it| it as &dyn StdError).or_else(|| error.source()).is_some_and(is_certificate_error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::ServerConfig;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use sha2::{Digest, Sha256};
    use std::fmt::Write;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsAcceptor;

    /// The SHA-256 fingerprints that <https://www.amazontrust.com/repository/> lists.
    const FINGERPRINTS: [&str; 5] = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];

    /// A server for `localhost` with its own root certificate.
    struct Server {
        url: String,
        authority: String,
        counts: Arc<Counts>,
    }

    #[derive(Default)]
    struct Counts {
        connections: AtomicUsize,
        requests: AtomicUsize,
    }

    impl Server {
        async fn start() -> Self {
            let key = || KeyPair::generate().unwrap();
            let mut authority = CertificateParams::default();
            authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let authority = CertifiedIssuer::self_signed(authority, key()).unwrap();
            let leaf_key = key();
            let leaf = CertificateParams::new(["localhost".to_owned()]).unwrap();
            let leaf = leaf.signed_by(&leaf_key, &authority).unwrap();
            let secret = PrivateKeyDer::try_from(leaf_key.serialize_der()).unwrap();
            let tls = ServerConfig::builder().with_no_client_auth();
            let tls = tls.with_single_cert(vec![leaf.der().clone()], secret).unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
            let counts = Arc::<Counts>::default();
            tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), Arc::clone(&counts)));
            Self { url, authority: authority.pem(), counts }
        }

        fn trusted_roots(&self) -> TrustStore {
            TrustStore::empty().with_pem_certificate(self.authority.as_str())
        }

        /// Connections and requests so far.
        fn counts(&self) -> (usize, usize) {
            (self.counts.connections.load(SeqCst), self.counts.requests.load(SeqCst))
        }

        async fn is_reached_by(&self, connector: &impl HttpConnector) -> bool {
            self.call_by(connector).await.is_ok()
        }

        async fn call_by(&self, connector: &impl HttpConnector) -> Result<HttpResponse, ConnectorError> {
            let mut request = HttpRequest::empty();
            request.set_uri(self.url.as_str()).unwrap();
            connector.call(request).await
        }
    }

    async fn serve(listener: TcpListener, tls: TlsAcceptor, counts: Arc<Counts>) {
        while let Ok((stream, _)) = listener.accept().await {
            counts.connections.fetch_add(1, SeqCst);
            tokio::spawn(answer(stream, tls.clone(), Arc::clone(&counts)));
        }
    }

    /// Answers each request of a connection. A request has no body and arrives in one read.
    async fn answer(stream: TcpStream, tls: TlsAcceptor, counts: Arc<Counts>) -> io::Result<()> {
        let (mut stream, mut request) = (tls.accept(stream).await?, [0; 1024]);
        while stream.read(&mut request).await? > 0 {
            counts.requests.fetch_add(1, SeqCst);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
        }
        Ok(())
    }

    fn settings() -> HttpConnectorSettings {
        HttpConnectorSettings::builder().connect_timeout(Duration::from_secs(10)).build()
    }

    fn first(amazon: TrustStore, system: impl FnOnce() -> TrustStore + Send + 'static) -> impl HttpConnector {
        AmazonFirst::new(trusting(amazon, settings()), move || trusting(system(), settings()))
    }

    fn amazon() -> TrustStore {
        TrustStore::empty().with_pem_certificate(AMAZON)
    }

    fn unexpected() -> TrustStore {
        panic!("the system's roots are read")
    }

    #[test]
    fn the_roots_are_the_five_that_amazon_lists() {
        let roots = CertificateDer::pem_slice_iter(AMAZON.as_bytes());
        let fingerprints = roots.map(|root| {
            Sha256::digest(root.unwrap()).iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            })
        });
        assert_eq!(fingerprints.collect::<Vec<_>>(), FINGERPRINTS);
    }

    #[tokio::test]
    async fn the_systems_roots_are_not_read_if_amazons_verify_the_server() {
        let server = Server::start().await;
        let connector = first(server.trusted_roots(), unexpected);
        assert!(server.is_reached_by(&connector).await);
        assert_eq!(server.counts(), (1, 1));
    }

    #[tokio::test]
    async fn a_server_that_amazons_roots_do_not_verify_is_checked_against_the_systems() {
        let server = Server::start().await;
        let system = server.trusted_roots();
        let connector = first(amazon(), move || system);
        assert!(server.is_reached_by(&connector).await);
        assert_eq!(server.counts(), (2, 1));
        assert!(server.is_reached_by(&connector).await, "a later call");
        assert_eq!(server.counts(), (2, 2), "the connection is reused");
    }

    #[tokio::test]
    async fn after_a_trusted_server_an_untrusted_one_is_retried_by_the_sdk() {
        let (known, other) = (Server::start().await, Server::start().await);
        let system = other.trusted_roots();
        let connector = first(known.trusted_roots(), move || system);
        assert!(known.is_reached_by(&connector).await);
        assert!(other.call_by(&connector).await.unwrap_err().is_io());
        assert_eq!(other.counts(), (1, 0));
        assert!(other.is_reached_by(&connector).await);
        assert_eq!(other.counts(), (2, 1));
    }

    #[tokio::test]
    async fn a_server_that_no_root_verifies_gets_no_request() {
        let server = Server::start().await;
        assert!(!server.is_reached_by(&first(amazon(), amazon)).await);
        assert_eq!(server.counts(), (2, 0));
    }

    #[tokio::test]
    async fn ssl_cert_file_replaces_amazons_roots() {
        let server = Server::start().await;
        assert!(!server.is_reached_by(&connector_for(true, settings())).await);
        assert_eq!(server.counts(), (1, 0));
        assert!(!server.is_reached_by(&connector_for(false, settings())).await);
        assert_eq!(server.counts(), (3, 0), "two more: Amazon's roots, then the system's");
    }

    #[tokio::test]
    async fn a_connection_that_fails_for_another_reason_is_not_retried() {
        let mut server = Server::start().await;
        server.url = server.url.replace("https", "http"); // the server takes it for a broken handshake
        assert!(!server.is_reached_by(&first(amazon(), unexpected)).await);
        assert_eq!(server.counts(), (1, 0));
    }
}
