//! The client of a connection, and the scheme it uses.

use crate::tls::HttpsAcceptor;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::net::{IpAddr, SocketAddr};
use tls_listener::TlsListener;
use tokio::net::TcpListener;

/// A listener whose connections are encrypted. It waits for many handshakes at the same time.
pub(crate) type HttpsListener = TlsListener<TcpListener, HttpsAcceptor>;

/// The client, as the gateway would see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// The client's address.
    pub(crate) address: IpAddr,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
}

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        of(&stream, "http")
    }
}

impl Connected<IncomingStream<'_, HttpsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, HttpsListener>) -> Self {
        of(&stream, "https")
    }
}

fn of<L: Listener<Addr = SocketAddr>>(stream: &IncomingStream<'_, L>, scheme: &'static str) -> Peer {
    Peer { address: stream.remote_addr().ip(), scheme }
}
