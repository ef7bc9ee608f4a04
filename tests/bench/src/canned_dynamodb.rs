//! A fake `DynamoDB` that returns fixed responses immediately, over HTTP and HTTPS. So only the function is measured,
//! and every function gets the same responses.

use crate::certificate::Certificate;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::serve::Listener;
use serde_json::{Value, json};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A running server. It runs until the process ends.
pub(crate) struct CannedDynamoDb {
    /// `http://…`
    pub(crate) plain: String,
    /// `https://…`
    pub(crate) secure: String,
    calls: Arc<AtomicU64>,
}

/// The items to return. Each item belongs to a text, such as a table's name. A call gets the item of the first text
/// that its body contains.
pub(crate) type Items = Vec<(&'static str, Value)>;

#[derive(Clone)]
struct Canned {
    items: Arc<Items>,
    calls: Arc<AtomicU64>,
}

impl Canned {
    /// The item of each table in a batch.
    fn responses(&self, body: &str) -> Value {
        let named = self.items.iter().filter(|(table, _)| body.contains(table));
        named.map(|(table, item)| ((*table).to_owned(), json!([item]))).collect()
    }
}

impl CannedDynamoDb {
    /// Starts the server on two ports of the loopback interface.
    pub(crate) async fn start(items: Items, certificate: &Certificate) -> io::Result<Self> {
        let calls = Arc::<AtomicU64>::default();
        let canned = Canned { items: Arc::new(items), calls: Arc::clone(&calls) };
        let app = Router::new().fallback(reply).with_state(canned);
        let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let secure = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let started = Self {
            plain: format!("http://{}", plain.local_addr()?),
            secure: format!("https://localhost:{}", secure.local_addr()?.port()),
            calls,
        };
        let secure = TlsListener::start(secure, certificate.acceptor())?;
        tokio::spawn(axum::serve(plain, app.clone()).into_future());
        tokio::spawn(axum::serve(secure, app).into_future());
        Ok(started)
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

async fn reply(State(canned): State<Canned>, headers: HeaderMap, body: String) -> impl IntoResponse {
    canned.calls.fetch_add(1, Ordering::Relaxed);
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let item = canned.items.iter().find(|(text, _)| body.contains(text)).map(|(_, item)| item);
    let reply = match (operation, item) {
        ("BatchGetItem", _) => json!({ "Responses": canned.responses(&body), "UnprocessedKeys": {} }),
        ("GetItem", Some(item)) => json!({ "Item": item }),
        ("UpdateItem", Some(item)) => json!({ "Attributes": item }),
        ("Query", Some(item)) => json!({ "Items": [item], "Count": 1, "ScannedCount": 1 }),
        ("DescribeTimeToLive", _) => json!({ "TimeToLiveDescription": { "TimeToLiveStatus": "ENABLED" } }),
        _ => json!({}),
    };
    ([("content-type", "application/x-amz-json-1.0")], reply.to_string())
}

/// Connections with a completed TLS handshake. Each handshake has its own task, so that no connection waits for
/// another.
struct TlsListener {
    address: SocketAddr,
    connections: UnboundedReceiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    fn start(mut listener: TcpListener, acceptor: TlsAcceptor) -> io::Result<Self> {
        let (sender, connections) = unbounded_channel();
        let address = listener.local_addr()?;
        tokio::spawn(async move {
            loop {
                let (stream, address) = Listener::accept(&mut listener).await;
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
                    // The client reports a failed handshake.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = sender.send((stream, address));
                    }
                });
            }
        });
        Ok(Self { address, connections })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        self.connections.recv().await.expect("the task above has no end")
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}
