//! A name server that resolves every name to the same address, which a test can change.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::AbortHandle;

pub(crate) struct NameServer {
    address: SocketAddr,
    resolved: watch::Sender<Option<Ipv4Addr>>,
    task: AbortHandle,
}

impl NameServer {
    /// Starts a server that resolves every name to this address. With `None`, no name resolves.
    pub(crate) async fn start(resolved: Option<Ipv4Addr>) -> Self {
        let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
        let address = socket.local_addr().unwrap();
        let (resolved, current) = watch::channel(resolved);
        let task = tokio::spawn(async move {
            let mut query = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut query).await {
                let message = message(&query[..length], *current.borrow());
                let _ = socket.send_to(&message, client).await;
            }
        });
        Self { address, resolved, task: task.abort_handle() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Moves all names to another address.
    pub(crate) fn move_to(&self, address: Ipv4Addr) {
        self.resolved.send_replace(Some(address));
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The response to a query for one name (RFC 1035, section 4): the question, and at most one A record, with a TTL of 0.
fn message(query: &[u8], address: Option<Ipv4Addr>) -> Vec<u8> {
    const HEADER: usize = 12;
    let name_end = HEADER + query[HEADER..].iter().position(|&byte| byte == 0).expect("a name ends") + 1;
    let question = &query[HEADER..name_end + 4];
    let address = address.filter(|_| query[name_end..].starts_with(&[0, 1]));
    let mut message = query[..2].to_vec();
    message.extend([0x81, 0x80, 0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0]);
    message.extend(question);
    if let Some(address) = address {
        message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        message.extend(address.octets());
    }
    message
}
