//! A proxy between the handlers and the database. It disturbs the calls that a test selects, and records all calls.

mod fault;
mod message;

pub use fault::Fault;

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use fault::Ending;
use message::Message;
use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// The proxy. Dropping it ends the proxy and all its connections.
#[derive(Debug)]
pub struct FaultProxy {
    state: Arc<ProxyState>,
    task: AbortHandle,
}

/// The calls to an operation whose body contains a text. Empty strings match everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call(pub &'static str, pub &'static str);

impl Call {
    /// Every call of every operation.
    pub const ANY: Self = Self("", "");

    fn is(self, request: &Message) -> bool {
        let Self(operation, text) = self;
        request.operation().starts_with(operation) && request.text().contains(text)
    }
}

/// How often the selected calls are disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The first call, but not its retries.
    Once,
    /// Each different call once, but not its retries.
    OnceEach,
    /// One in this many calls.
    OneIn(usize),
    /// All calls, until the proxy is healed.
    Always,
}

/// A call that the database executed, even if the response was lost.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The operation, such as `GetItem`.
    pub operation: String,
    /// The body of the request, JSON.
    pub request: String,
    /// The status of the database's response.
    pub status: u16,
    /// The body of the database's response, JSON.
    pub response: String,
}

/// The state that the connections share.
#[derive(Debug)]
struct ProxyState {
    address: SocketAddr,
    database: String,
    disturbance: Mutex<Option<Disturbance>>,
    exchanges: Mutex<Vec<Exchange>>,
    refuses: watch::Sender<bool>,
    /// How often the proxy was healed. Held calls continue when this number changes.
    healed: watch::Sender<u32>,
}

#[derive(Debug)]
struct Disturbance {
    call: Call,
    fault: Fault,
    times: Times,
    matched: usize,
    hits: usize,
    seen: HashSet<Vec<u8>>,
}

/// How long the proxy refuses connections for a fault that happens once. The time is short, so that another call rarely
/// tries to connect in between.
const REFUSED_ONCE: Duration = Duration::from_millis(5);

impl FaultProxy {
    /// A proxy to the database at the URL `endpoint`. At first, no calls are disturbed.
    pub fn to(endpoint: &str) -> Self {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let state = Arc::new(ProxyState {
            address: listener.local_addr().expect("an address"),
            database: endpoint.trim_start_matches("http://").to_owned(),
            disturbance: Mutex::default(),
            exchanges: Mutex::default(),
            refuses: watch::Sender::new(false),
            healed: watch::Sender::new(0),
        });
        let task = tokio::spawn(Arc::clone(&state).carry(listener)).abort_handle();
        Self { state, task }
    }

    /// The URL of the proxy.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.state.address)
    }

    /// The configuration for a client of this proxy, with a separate retry budget.
    pub fn config(&self, config: Builder) -> Builder {
        let retries = RetryPartition::custom("one fault proxy").build();
        config.endpoint_url(self.endpoint()).retry_partition(retries)
    }

    /// Disturbs these calls from now on, and no other calls.
    pub fn disturb(&self, call: Call, fault: Fault, times: Times) {
        let seen = HashSet::new();
        *lock(&self.state.disturbance) = Some(Disturbance { call, fault, times, matched: 0, hits: 0, seen });
    }

    /// Stops disturbing calls and releases held ones. Returns how many calls were disturbed.
    pub async fn heal(&self) -> usize {
        let disturbance = lock(&self.state.disturbance).take();
        self.state.healed.send_modify(|times| *times += 1);
        self.state.refuses.send_replace(false);
        while TcpStream::connect(self.state.address).await.is_err() {
            tokio::task::yield_now().await; // until the proxy listens again
        }
        disturbance.map_or(0, |disturbance| disturbance.hits)
    }

    /// Runs `late`, and holds the calls that `call` and `times` select until `meanwhile` is done. Returns both results.
    /// Panics if no selected call arrives in time.
    pub fn hold_during<T, U>(
        &self,
        (call, times): (Call, Times),
        late: impl Future<Output = T>,
        meanwhile: impl Future<Output = U>,
    ) -> impl Future<Output = (T, U)> {
        let (late, meanwhile) = (Box::pin(late), Box::pin(meanwhile));
        let release = async move {
            self.hit(1).await;
            let outcome = meanwhile.await;
            self.heal().await;
            outcome
        };
        self.disturb(call, Fault::Held, times);
        async { tokio::join!(late, release) }
    }

    /// Waits until this many calls were disturbed. Panics if they do not arrive in time.
    pub async fn hit(&self, times: usize) {
        let hits = || lock(&self.state.disturbance).as_ref().map_or(0, |it| it.hits);
        let wait = async {
            while hits() < times {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the calls arrive in time");
    }

    /// The calls that the database has executed since this method was last called.
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut *lock(&self.state.exchanges))
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ProxyState {
    /// Accepts connections. While the proxy refuses connections, no socket listens. Open connections stay open, so that
    /// the fault of one call does not disturb a simultaneous call.
    async fn carry(self: Arc<Self>, mut listener: TcpListener) {
        let mut refuses = self.refuses.subscribe();
        let mut connections = JoinSet::new();
        loop {
            while !*refuses.borrow_and_update() {
                tokio::select! {
                    Ok((stream, _)) = listener.accept() => {
                        connections.spawn(Arc::clone(&self).serve(stream));
                    }
                    _ = refuses.changed() => {}
                }
            }
            drop(listener);
            let _ = refuses.wait_for(|refuses| !refuses).await;
            listener = listen(self.address);
        }
    }

    /// Serves one connection, request by request.
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Ok(Some(request)) = Message::read(&mut stream).await {
            let fault = self.fault_of(&request);
            let (bytes, ending) = self.respond(&request, fault).await;
            let sent = stream.write_all(&bytes).await;
            match ending {
                Ending::Whole if sent.is_ok() => {}
                Ending::Reset => return drop(stream.get_ref().set_zero_linger()),
                Ending::Whole | Ending::Closed => return,
            }
        }
    }

    fn fault_of(&self, request: &Message) -> Option<Fault> {
        let mut disturbance = lock(&self.disturbance);
        let Disturbance { call, fault, times, matched, hits, seen } = disturbance.as_mut()?;
        if !call.is(request) {
            return None;
        }
        *matched += 1;
        let is_hit = match *times {
            Times::Once => *matched == 1,
            Times::OnceEach => seen.insert(request.body.clone()),
            Times::OneIn(number) => matched.is_multiple_of(number),
            Times::Always => true,
        };
        *hits += usize::from(is_hit);
        is_hit.then_some(*fault)
    }

    /// Refuses connections from now on, or for a moment if the fault happens once.
    fn refuse(self: &Arc<Self>) {
        self.refuses.send_replace(true);
        let lasts = lock(&self.disturbance).as_ref().is_some_and(|it| it.times == Times::Always);
        if !lasts {
            let state = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(REFUSED_ONCE).await;
                state.refuses.send_replace(false);
            });
        }
    }

    /// Forwards the request to the database on a new connection, and returns the response.
    async fn forward(&self, request: &Message) -> Message {
        let response = request.exchange(&self.database).await.unwrap_or_default();
        let exchange = Exchange {
            operation: request.operation().to_owned(),
            request: request.text(),
            status: response.status(),
            response: response.text(),
        };
        lock(&self.exchanges).push(exchange);
        response
    }
}

/// Listens at `address`, even if another socket listened there a moment ago.
fn listen(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an option of every socket");
    socket.bind(address).expect("a free port");
    socket.listen(1024).expect("a bound socket can listen")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
