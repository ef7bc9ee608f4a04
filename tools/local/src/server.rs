//! The API on the loopback interface.

pub(crate) mod stop_signal;
pub(crate) mod tls;

use crate::database::{Database, with_local_tables};
use crate::error::Error;
use crate::gateway::dispatcher::{Dispatcher, Files};
use crate::gateway::invocations;
use crate::gateway::peer::Peer;
use crate::options::Options;
use crate::server::tls::{HttpsAcceptor, HttpsListener, Tls};
use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use shared::config::Environment;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};
use tempfile::TempPath;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The functions, the gateway in front of them and the database behind them. Dropping the server closes the listeners.
pub struct Server {
    url: String,
    certificate: Option<TempPath>,
    listeners: JoinSet<io::Result<()>>,
    stop: watch::Sender<()>,
    database: Database,
}

/// How long the server waits for open connections when it stops. An idle connection must not delay the end.
const LONGEST_STOP: Duration = Duration::from_secs(1);

impl Server {
    /// Starts the server, creates the tables and adds the test member.
    ///
    /// # Errors
    /// [`Error`]. If the port is in use, the start fails before it opens the database.
    pub async fn start(options: &Options, environment: &Environment) -> Result<Self, Error> {
        let environment = &with_local_tables(environment);
        let (files, tls) = (Files::open(options)?, Tls::open(options)?);
        let (port, listeners) = listen(options.port()).await?;
        let url = format!("{}://localhost:{port}", if tls.is_some() { "https" } else { "http" });
        let database = Database::open(options, options.database_port(), environment).await?;
        let dispatcher = Dispatcher::start(&url, files, environment, database.dynamodb()).await?;
        let routes = Router::new()
            .fallback(respond)
            .with_state(Arc::new(dispatcher))
            .merge(invocations::router(environment, database.dynamodb())?);
        let (stop, stopped) = watch::channel(());
        let (acceptor, certificate) = tls.map_or((None, None), |tls| (Some(tls.acceptor), tls.certificate));
        let listeners = serve(listeners, acceptor.as_ref(), &routes, &stopped);
        Ok(Self { url, certificate, listeners, stop, database })
    }

    /// The server's URL: `http://localhost:9000`. The server also answers at `127.0.0.1`, and at `::1` if
    /// the machine has IPv6.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file with the certificate that was created for `--https`. It exists until the server stops.
    pub fn certificate(&self) -> Option<&Path> {
        self.certificate.as_deref()
    }

    /// The URL of the database.
    pub fn database_endpoint(&self) -> &str {
        self.database.endpoint()
    }

    /// Stops within two seconds: closes idle connections, finishes requests in progress, closes the database.
    pub async fn stop(self) {
        drop(self.stop);
        let _ = timeout(LONGEST_STOP, self.listeners.join_all()).await;
        self.database.stop().await;
    }
}

/// Listens on `port`. For port 0, tries another port if the chosen port is free on only one of the two addresses.
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

/// Listens on the two addresses of `localhost`, and on no others.
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
    tls: Option<&HttpsAcceptor>,
    routes: &Router,
    stopped: &watch::Receiver<()>,
) -> JoinSet<io::Result<()>> {
    let mut serving = JoinSet::new();
    for listener in listeners {
        match tls {
            None => serve_on(&mut serving, listener, routes.clone(), stopped.clone()),
            Some(tls) => {
                let listener = HttpsListener::new(tls.clone(), listener);
                serve_on(&mut serving, listener, routes.clone(), stopped.clone());
            }
        }
    }
    serving
}

fn serve_on<L>(
    serving: &mut JoinSet<io::Result<()>>,
    listener: L,
    router: Router,
    mut stopped: watch::Receiver<()>,
) where
    L: Listener<Addr: fmt::Debug>,
    Peer: for<'a> Connected<IncomingStream<'a, L>>,
{
    let service = router.into_make_service_with_connect_info::<Peer>();
    let server = axum::serve(listener, service);
    let server = server.with_graceful_shutdown(async move { drop(stopped.changed().await) });
    serving.spawn(server.into_future());
}

async fn respond(
    State(dispatcher): State<Arc<Dispatcher>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response {
    dispatcher.respond(request, peer).await
}
