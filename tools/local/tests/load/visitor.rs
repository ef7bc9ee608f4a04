//! A client that logs in, asks for its status, logs out, and remembers the answers.

use crate::connection::{Answer, Connection};
use shared::random::random;
use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const LOGIN: &str = r#"{"email":"test@tozo.invalid","password":"password"}"#;

/// The pause between two requests.
const PAUSE: Duration = Duration::from_millis(500);

/// A minimum for a busy machine, on which this many requests may take longer than the test is meant to run.
const FEWEST_REQUESTS: u32 = 20;

/// The sessions that a visitor was told about, and the counts of its answers.
pub(crate) struct Visitor {
    address: Ipv4Addr,
    port: u16,
    live: Vec<String>,
    ended: Vec<String>,
    tally: Tally,
}

/// Counts of answers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) statuses: usize,
    pub(crate) logins: usize,
    pub(crate) logouts: usize,
    pub(crate) unavailable: usize,
    live: usize,
    ended: usize,
}

impl Visitor {
    pub(crate) const fn new(port: u16, address: Ipv4Addr) -> Self {
        let tally = Tally { statuses: 0, logins: 0, logouts: 0, unavailable: 0, live: 0, ended: 0 };
        Self { address, port, live: Vec::new(), ended: Vec::new(), tally }
    }

    /// Of fifty requests, 45 are status calls, 4 logins, 1 a logout; the first is a login. Without a session, each request is
    /// a login.
    pub(crate) async fn stay(&mut self, until: Instant) {
        let mut connection = Connection::open(self.address, self.port).await;
        self.log_in(&mut connection).await;
        let first = self.address.to_bits() % 50; // not all log in at once
        for number in first.. {
            if Instant::now() >= until && number - first >= FEWEST_REQUESTS {
                break;
            }
            match number % 50 {
                0 | 12 | 25 | 37 => self.log_in(&mut connection).await,
                _ if self.live.is_empty() => self.log_in(&mut connection).await,
                6 => self.log_out(&mut connection).await,
                _ => self.ask(&mut connection).await,
            }
            sleep(PAUSE).await;
        }
    }

    /// At the end: each session that was started and not ended is live, and no other session is.
    pub(crate) async fn look_again(&mut self) {
        let mut connection = Connection::open(self.address, self.port).await;
        for (sessions, status) in [(&self.live, 200), (&self.ended, 401)] {
            for session in sessions {
                let answer = send_in_the_end(&mut connection, session).await;
                assert_eq!(answer.status, status, "{}", answer.body);
            }
        }
    }

    async fn ask(&mut self, connection: &mut Connection) {
        let (sessions, status) = if chance(10) == 0 { (&self.ended, 401) } else { (&self.live, 200) };
        let Some(session) = any_of(sessions) else { return };
        let answer = connection.send("GET", Some(&sessions[session]), "").await;
        if self.tally.is_answered(&answer) {
            self.tally.statuses += 1;
            assert_eq!(answer.status, status, "{}", answer.body);
        }
    }

    async fn log_in(&mut self, connection: &mut Connection) {
        let answer = connection.send("POST", None, LOGIN).await;
        if self.tally.is_answered(&answer) {
            self.tally.logins += 1;
            assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
            self.live.push(answer.session().expect("a cookie"));
        }
    }

    /// A session whose logout did not succeed may be live or ended.
    async fn log_out(&mut self, connection: &mut Connection) {
        let Some(session) = any_of(&self.live) else { return };
        let session = self.live.swap_remove(session);
        let answer = connection.send("DELETE", Some(&session), "").await;
        if self.tally.is_answered(&answer) {
            self.tally.logouts += 1;
            assert_eq!((answer.status, answer.session().as_deref()), (200, Some("")));
            self.ended.push(session);
        }
    }
}

impl Tally {
    fn is_answered(&mut self, answer: &Answer) -> bool {
        self.unavailable += usize::from(answer.status == 503);
        answer.status != 503
    }

    /// Adds the counts of a visitor.
    pub(crate) fn add(&mut self, visitor: &Visitor) {
        self.statuses += visitor.tally.statuses;
        self.logins += visitor.tally.logins;
        self.logouts += visitor.tally.logouts;
        self.unavailable += visitor.tally.unavailable;
        self.live += visitor.live.len();
        self.ended += visitor.ended.len();
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { statuses, logins, logouts, unavailable, live, ended } = self;
        write!(
            f,
            "{statuses} status calls, {logins} logins, {logouts} logouts, {unavailable} unavailable; "
        )?;
        write!(f, "in the end {live} sessions were live and {ended} ended, as the clients were told")
    }
}

/// The first answer that is not 503. The database runs again, but the machine can be busy.
async fn send_in_the_end(connection: &mut Connection, session: &str) -> Answer {
    for _ in 0..10 {
        sleep(PAUSE).await; // not to meet the limit
        let answer = connection.send("GET", Some(session), "").await;
        if answer.status != 503 {
            return answer;
        }
    }
    panic!("it does not recover");
}

fn chance(of: u16) -> u16 {
    u16::from_be_bytes(random()) % of
}

fn any_of(sessions: &[String]) -> Option<usize> {
    let number = u16::try_from(sessions.len()).unwrap();
    (number > 0).then(|| chance(number).into())
}
