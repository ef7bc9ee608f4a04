//! A client that does not wait.

use crate::connection::Connection;
use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What it got.
pub(crate) struct Greedy {
    admitted: u64,
    refused: u64,
    time: Duration,
}

/// As [`crate::QUOTAS`] has it.
const AT_ONCE: u64 = 30;
const A_SECOND: u64 = 3;

impl Greedy {
    /// Asks who it is, which it does not say, again and again.
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

    /// It was not given more than a full bucket and what ran into it.
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
