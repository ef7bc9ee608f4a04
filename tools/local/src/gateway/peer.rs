//! The client of a connection, and the connection's scheme.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::net::{IpAddr, SocketAddr};
use tokio::net::TcpListener;

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
        Self::of(&stream, "http")
    }
}

impl Peer {
    /// The client of this connection.
    pub(crate) fn of<L: Listener<Addr = SocketAddr>>(
        stream: &IncomingStream<'_, L>,
        scheme: &'static str,
    ) -> Self {
        Self { address: stream.remote_addr().ip(), scheme }
    }
}
