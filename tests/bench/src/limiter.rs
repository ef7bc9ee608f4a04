//! How many calls a decision of the limiter takes, of quiet, ordinary and attacking clients. Counted, and not
//! timed: the clock is moved.

use aws_sdk_dynamodb::Client;
use shared::quota::Quota;
use shared::rate_limit::RateLimiter;
use shared::timestamp::Timestamp;
use std::time::Duration;
use test_database::{Calls, TestDatabase};

/// The quota of status.
const QUOTA: &str = "10/60";

/// How many instances serve the requests, each of which meets any of them.
const INSTANCES: u64 = 10;

/// When it starts.
const START: Timestamp = Timestamp::from_micros(1_795_348_800_000_000);

/// Requests as they arrive: when after the start, in microseconds, and whose.
type Arrivals = Vec<(u64, u64)>;

/// Prints the table.
pub(crate) async fn report() {
    println!("| clients | decisions | calls | calls per decision | admitted |");
    println!("|---|---|---|---|---|");
    for (name, arrivals) in [
        ("fresh, 2000 of one request each", fresh()),
        ("200 for an hour, one request a page", pages(|_| 1)),
        ("200 for an hour, a mix: 85 % of pages one, 10 % two at once, 5 % three", pages(mixed)),
        ("200 for an hour, two or three at once a page", pages(|chance| 2 + chance.below(2))),
        ("one that sends 100 × its quota for 10 minutes", attack(&mut Chance(2))),
    ] {
        let (calls, admitted) = run(&arrivals).await;
        let share = ratio(calls, arrivals.len());
        println!("| {name} | {} | {calls} | {share:.3} | {admitted} |", arrivals.len());
    }
}

fn fresh() -> Arrivals {
    (0..2000).map(|client| (client * 1_000_000, client)).collect()
}

/// 200 clients; each comes every two minutes or so and looks at one to three pages, 5 to 30 seconds each, and
/// every page asks who is logged in, so often within a second as `at_once` says.
fn pages(at_once: impl Fn(&mut Chance) -> u64) -> Arrivals {
    let (mut arrivals, chance) = (Arrivals::new(), &mut Chance(1));
    for client in 0..200 {
        let mut at = chance.below(120_000_000);
        while at < 3_600_000_000 {
            for _ in 0..=chance.below(3) {
                let requests = at_once(chance);
                arrivals.extend((0..requests).map(|_| (at + chance.below(1_000_000), client)));
                at += 5_000_000 + chance.below(25_000_000);
            }
            at += chance.below(240_000_000);
        }
    }
    arrivals.sort_unstable();
    arrivals
}

/// Most pages ask once; some have two or three parts that do not know of each other.
const fn mixed(chance: &mut Chance) -> u64 {
    match chance.below(20) {
        0 => 3,
        1 | 2 => 2,
        _ => 1,
    }
}

/// 1000 a minute, evenly.
fn attack(chance: &mut Chance) -> Arrivals {
    (0..10_000).map(|number| (number * 60_000 + chance.below(60_000), 0)).collect()
}

/// Serves them one after the other, each on any of the instances: the calls, and how many were admitted.
async fn run(arrivals: &Arrivals) -> (usize, usize) {
    let database = TestDatabase::start().await.expect("a database");
    let calls = Calls::default();
    let client = Client::from_conf(database.config().interceptor(calls.clone()).build());
    let quota: Quota = QUOTA.parse().expect("a quota");
    let limiter = || RateLimiter::new(client.clone(), "RateLimitsTable".into(), "status", quota);
    let instances: Vec<_> = (0..INSTANCES).map(|_| limiter()).collect();
    let (mut chance, mut admitted) = (Chance(3), 0);
    for (at, client) in arrivals {
        let instance = &instances[usize::try_from(chance.below(INSTANCES)).expect("a few")];
        admitted += usize::from(instance.take(client, START + Duration::from_micros(*at)).await.is_ok());
    }
    (calls.take().len(), admitted)
}

#[expect(clippy::cast_precision_loss, reason = "of some thousands")]
fn ratio(calls: usize, decisions: usize) -> f64 {
    calls as f64 / decisions as f64
}

/// Numbers without a pattern, the same in every run: `SplitMix64` (Steele, Lea, Flood: "Fast Splittable
/// Pseudorandom Number Generators").
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// Any number below `bound`.
    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
