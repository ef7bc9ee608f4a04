//! Names below `localhost`, which AWS emulators use for their APIs.

use hyper_util::client::legacy::connect::dns::Name;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::net::lookup_host;
use tower_service::Service;

/// Resolves a name below `localhost` to this machine. Browsers do the same (RFC 6761, section 6.3), but glibc does not.
/// The system resolves all other names.
#[derive(Clone, Copy)]
pub(crate) struct LocalhostResolver;

impl Service<Name> for LocalhostResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let is_here = name.as_str().ends_with(".localhost");
        let host = if is_here { "localhost".to_owned() } else { name.as_str().to_owned() };
        // The port is a placeholder; the connector sets the real one.
        Box::pin(async move { Ok(lookup_host((host, 0)).await?.collect::<Vec<_>>().into_iter()) })
    }
}
