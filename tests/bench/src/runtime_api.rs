//! The parts of Lambda's runtime API that one instance of a function uses:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The API of one instance. Dropping it ends the server.
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    events: UnboundedSender<String>,
    signals: UnboundedReceiver<Signal>,
    server: JoinHandle<io::Result<()>>,
}

/// A message from the instance, and the time when it arrived.
enum Signal {
    /// The instance asks for an event.
    Ready(Instant),
    /// The instance sent the response to its event.
    Response(Instant, Bytes),
}

#[derive(Clone)]
struct Wire {
    events: Arc<Mutex<UnboundedReceiver<String>>>,
    signals: UnboundedSender<Signal>,
}

/// The longest wait for a message. Under valgrind, a response can take a minute.
const PATIENCE: Duration = Duration::from_mins(3);

impl RuntimeApi {
    /// Starts the server on any port of the loopback interface.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (events, receiver) = unbounded_channel();
        let (sender, signals) = unbounded_channel();
        let wire = Wire { events: Arc::new(Mutex::new(receiver)), signals: sender };
        let server = tokio::spawn(axum::serve(listener, routes(wire)).into_future());
        Ok(Self { address, events, signals, server })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the instance asks for its next event, and returns the time.
    pub(crate) async fn ready(&mut self) -> Instant {
        match self.signal().await {
            Signal::Ready(at) => at,
            Signal::Response(_, response) => {
                panic!("unexpected response: {}", String::from_utf8_lossy(&response))
            }
        }
    }

    /// Sends an event to an instance that is ready. Returns the response and the time that it took.
    pub(crate) async fn ask(&mut self, event: &str) -> (Bytes, Duration) {
        let asked = Instant::now();
        self.events.send(event.to_owned()).expect("the server runs as long as this");
        match self.signal().await {
            Signal::Response(at, response) => (response, at - asked),
            Signal::Ready(_) => panic!("no response"),
        }
    }

    async fn signal(&mut self) -> Signal {
        let signal = timeout(PATIENCE, self.signals.recv()).await;
        signal.expect("the function responds").expect("the server runs as long as this")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn routes(wire: Wire) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(respond))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(respond))
        .with_state(wire)
}

async fn next(State(wire): State<Wire>) -> impl IntoResponse {
    let _ = wire.signals.send(Signal::Ready(Instant::now()));
    let event = wire.events.lock().await.recv().await.unwrap_or_default();
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:f"),
    ];
    (headers, event)
}

async fn respond(State(wire): State<Wire>, response: Bytes) -> StatusCode {
    let _ = wire.signals.send(Signal::Response(Instant::now(), response));
    StatusCode::ACCEPTED
}
