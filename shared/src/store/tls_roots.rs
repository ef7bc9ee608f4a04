//! The certificate authorities that a server of AWS is checked against: Amazon's own five, and the system's
//! where those do not vouch for it.
//!
//! Reading the system's, some 140, would be nearly half of the instructions of a cold start. Amazon's five
//! are those that <https://www.amazontrust.com/repository/> recommends to programs that keep a list. Where others vouch,
//! because AWS has changed them, or for a proxy between, a start reads the system's all the same, one failed
//! handshake later: a deployment that nobody renews gets slower on that day, and does not stop.

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

/// Amazon's authorities, as PEM.
pub const AMAZON: &str = include_str!("amazon_roots.pem");

/// The variables in which one names authorities, and then means these alone.
const NAMED: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Makes the calls to AWS, and keeps their connections.
pub fn connector(settings: HttpConnectorSettings) -> SharedHttpConnector {
    connector_where(NAMED.iter().any(|name| env::var_os(name).is_some()), settings)
}

fn connector_where(authorities_are_named: bool, settings: HttpConnectorSettings) -> SharedHttpConnector {
    if authorities_are_named {
        return trusting(TrustStore::default(), settings);
    }
    let amazon = trusting(TrustStore::empty().with_pem_certificate(AMAZON), settings.clone());
    let system = move || trusting(TrustStore::default(), settings);
    SharedHttpConnector::new(AmazonFirst::new(amazon, system))
}

fn trusting(authorities: TrustStore, settings: HttpConnectorSettings) -> SharedHttpConnector {
    let tls =
        TlsContext::builder().with_trust_store(authorities).build().expect("there is nothing to refuse");
    let connector = Connector::builder().connector_settings(settings);
    let connector = connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls);
    SharedHttpConnector::new(connector.build())
}

/// Trusts Amazon's authorities, until the first server that they do not vouch for; the system's from then on.
struct AmazonFirst<F>(Arc<Connectors<F>>);

struct Connectors<F> {
    amazon: SharedHttpConnector,
    /// For a server over TLS. A later one that it does not know costs an attempt of the SDK's.
    has_amazon_vouched: AtomicBool,
    system: LazyLock<SharedHttpConnector, F>,
}

impl<F> AmazonFirst<F>
where
    F: FnOnce() -> SharedHttpConnector + Send + 'static,
{
    fn new(amazon: SharedHttpConnector, system: F) -> Self {
        let system = LazyLock::new(system);
        Self(Arc::new(Connectors { amazon, has_amazon_vouched: AtomicBool::new(false), system }))
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
            // A copy costs 2 % of a warm answer, and is hardly ever needed after Amazon has vouched.
            let may_be_refused =
                request.uri().starts_with("https:") && !connectors.has_amazon_vouched.load(Relaxed);
            let copy = if may_be_refused { request.try_clone() } else { None };
            match connectors.amazon.call(request).await {
                Err(error) if is_of_a_certificate(&error) => {
                    let system = LazyLock::force(&connectors.system);
                    match copy {
                        Some(request) => system.call(request).await,
                        None => Err(ConnectorError::io(error.into())), // which the SDK tries again
                    }
                }
                answer => {
                    if may_be_refused && answer.is_ok() {
                        connectors.has_amazon_vouched.store(true, Relaxed);
                    }
                    answer
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

/// Whether the server's certificate is why there is no connection, and nothing was sent.
fn is_of_a_certificate(error: &(dyn StdError + 'static)) -> bool {
    if let Some(error) = error.downcast_ref() {
        return matches!(error, rustls::Error::InvalidCertificate(_));
    }
    // What an I/O error wraps is not its source; its source is that one's.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.map(|it| it as &dyn StdError).or_else(|| error.source()).is_some_and(is_of_a_certificate)
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

    /// What <https://www.amazontrust.com/repository/> says that their SHA-256 is.
    const FINGERPRINTS: [&str; 5] = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];

    /// A server for `localhost` with an authority of its own.
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

        fn vouched_for(&self) -> TrustStore {
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

    /// Each of a connection's requests, which has no body and comes in one piece.
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

    fn not_needed() -> TrustStore {
        panic!("the system's authorities are read")
    }

    #[test]
    fn the_five_are_those_that_amazon_names() {
        let authorities = CertificateDer::pem_slice_iter(AMAZON.as_bytes());
        let fingerprints = authorities.map(|authority| {
            Sha256::digest(authority.unwrap()).iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            })
        });
        assert_eq!(fingerprints.collect::<Vec<_>>(), FINGERPRINTS);
    }

    #[tokio::test]
    async fn the_systems_are_not_read_where_the_first_vouch() {
        let server = Server::start().await;
        let connector = first(server.vouched_for(), not_needed);
        assert!(server.is_reached_by(&connector).await);
        assert_eq!(server.counts(), (1, 1));
    }

    #[tokio::test]
    async fn a_server_that_the_first_do_not_know_is_checked_against_the_systems() {
        let server = Server::start().await;
        let system = server.vouched_for();
        let connector = first(amazon(), move || system);
        assert!(server.is_reached_by(&connector).await);
        assert_eq!(server.counts(), (2, 1));
        assert!(server.is_reached_by(&connector).await, "a later call");
        assert_eq!(server.counts(), (2, 2), "it takes the connection that is there");
    }

    #[tokio::test]
    async fn a_call_after_one_for_which_the_first_vouched_is_left_to_the_sdk_to_try_again() {
        let (known, other) = (Server::start().await, Server::start().await);
        let system = other.vouched_for();
        let connector = first(known.vouched_for(), move || system);
        assert!(known.is_reached_by(&connector).await);
        assert!(other.call_by(&connector).await.unwrap_err().is_io());
        assert_eq!(other.counts(), (1, 0));
        assert!(other.is_reached_by(&connector).await);
        assert_eq!(other.counts(), (2, 1));
    }

    #[tokio::test]
    async fn a_server_that_nobody_vouches_for_gets_no_request() {
        let server = Server::start().await;
        assert!(!server.is_reached_by(&first(amazon(), amazon)).await);
        assert_eq!(server.counts(), (2, 0));
    }

    #[tokio::test]
    async fn amazons_are_not_asked_where_others_are_named() {
        let server = Server::start().await;
        assert!(!server.is_reached_by(&connector_where(true, settings())).await);
        assert_eq!(server.counts(), (1, 0));
        assert!(!server.is_reached_by(&connector_where(false, settings())).await);
        assert_eq!(server.counts(), (3, 0), "two more");
    }

    #[tokio::test]
    async fn a_connection_that_fails_otherwise_is_not_tried_again() {
        let mut server = Server::start().await;
        server.url = server.url.replace("https", "http"); // the server takes it for a broken handshake
        assert!(!server.is_reached_by(&first(amazon(), not_needed)).await);
        assert_eq!(server.counts(), (1, 0));
    }
}
