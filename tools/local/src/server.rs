//! The API on the loopback interface.

use crate::database::Database;
use crate::error::Error;
use crate::event::event;
use crate::functions::Functions;
use crate::gateway::{self, Refusal};
use crate::options::Options;
use crate::page;
use crate::settings::Settings;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use shared::timestamp::Timestamp;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The functions, a gateway before them and a database behind. Dropped, it takes no more connections.
pub struct Server {
    port: u16,
    listeners: JoinSet<io::Result<()>>,
    stop: watch::Sender<()>,
    database: Database,
}

/// How long requests under way are waited for. A connection that is kept open must not hold the end.
const LONGEST_STOP: Duration = Duration::from_secs(1);

impl Server {
    /// Starts, with the tables made and the test member added.
    ///
    /// # Errors
    /// [`Error`]. A port in use is found first, before a database is touched.
    pub async fn start(options: &Options, settings: &Settings) -> Result<Self, Error> {
        let (port, listeners) = listen(options.port()).await?;
        let database = Database::open(options, options.database_port(), settings).await?;
        let functions = Functions::start(settings, database.client()).await?;
        let (stop, stopped) = watch::channel(());
        Ok(Self { port, listeners: serve(listeners, functions, &stopped), stop, database })
    }

    /// Where it answers: `http://localhost:9000`. `127.0.0.1` does too, and `::1` where there is IPv6.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Where its database answers.
    #[must_use]
    pub fn database_endpoint(&self) -> &str {
        self.database.endpoint()
    }

    /// Stops, within two seconds: closes idle connections, answers what is under way, closes the database.
    pub async fn stop(self) {
        drop(self.stop);
        let _ = timeout(LONGEST_STOP, self.listeners.join_all()).await;
        self.database.stop().await;
    }
}

/// Listens on `port`, or on any that is free on both addresses: one that is free on the first need not be
/// so on the second, and another is drawn.
async fn listen(port: u16) -> Result<(u16, Vec<TcpListener>), Error> {
    let draws = if port == 0 { 10 } else { 1 };
    let mut outcome = listen_on(port).await;
    for _ in 1..draws {
        if outcome.is_ok() {
            break;
        }
        outcome = listen_on(port).await;
    }
    outcome
}

/// Listens on both addresses that `localhost` can stand for, and no others.
async fn listen_on(port: u16) -> Result<(u16, Vec<TcpListener>), Error> {
    let failed = |source| Error::listening(port, source);
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let port = v4.local_addr().map_err(failed)?.port();
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(v6) => Ok((port, vec![v4, v6])),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(Error::PortInUse(port)),
        Err(_) => Ok((port, vec![v4])), // a machine without IPv6
    }
}

fn serve(
    listeners: Vec<TcpListener>,
    functions: Functions,
    stopped: &watch::Receiver<()>,
) -> JoinSet<io::Result<()>> {
    let router = Router::new().fallback(answer).with_state(Arc::new(functions));
    let serve_on = |listener| {
        let mut stopped = stopped.clone();
        let service = router.clone().into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).with_graceful_shutdown(async move { drop(stopped.changed().await) })
    };
    listeners.into_iter().map(|listener| serve_on(listener).into_future()).collect()
}

async fn answer(
    State(functions): State<Arc<Functions>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    pass(&functions, request, peer.ip()).await.unwrap_or_else(Response::from)
}

/// To the function and back, as through the gateway.
async fn pass(functions: &Functions, request: Request, peer: IpAddr) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    gateway::check(&head)?;
    if let Some(file) = page::answer(&head) {
        return Ok(file);
    }
    let route = functions.route(&head.method, head.uri.path()).ok_or(Refusal::NotFound)?;
    let body = gateway::read(body).await?;
    let now = Timestamp::now();
    let event = event(route, &head, &body, peer, now);
    let event = if route.is_protected { functions.authorize(event, now).await? } else { event };
    gateway::response(functions.answer(route, &event, now).await)
}
