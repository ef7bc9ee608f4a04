//! A client that never waits.

use crate::connection::Connection;
use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often the client was admitted and refused.
pub(crate) struct Greedy {
    admitted: u64,
    refused: u64,
    time: Duration,
}

/// The burst and the rate of [`crate::QUOTAS`].
const AT_ONCE: u64 = 30;
const A_SECOND: u64 = 3;

impl Greedy {
    /// Sends status requests without a cookie, one after the other.
    pub(crate) async fn drink(port: u16, until: Instant) -> Self {
        let mut connection = Connection::open(Ipv4Addr::new(127, 0, 0, 2), port).await;
        let begun = Instant::now();
        let mut greedy = Self { admitted: 0, refused: 0, time: Duration::ZERO };
        while Instant::now() < until {
            let status = connection.send("GET", None, "").await.status;
            greedy.admitted += u64::from(status == 401);
            greedy.refused += u64::from(status == 429);
            sleep(Duration::from_millis(2)).await; // enough for the limit, and not all of the machine
        }
        greedy.time = begun.elapsed();
        greedy
    }

    /// Whether the client got no more than a full bucket and what was refilled since.
    pub(crate) fn is_within_its_quota(&self) -> bool {
        self.admitted <= AT_ONCE + A_SECOND * (self.time.as_secs() + 1)
    }
}

impl fmt::Display for Greedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { admitted, refused, time } = self;
        write!(f, "a greedy client was admitted {admitted} times and refused {refused} times in {time:?}")
    }
}
