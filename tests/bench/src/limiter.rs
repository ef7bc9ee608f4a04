//! How many calls a decision of the limiter takes, for quiet, ordinary and attacking clients. The calls are real and
//! counted; the time is simulated.

use aws_sdk_dynamodb::Client;
use shared::limits::{Quota, RateLimiter};
use shared::timestamp::Timestamp;
use std::time::Duration;
use test_database::{Calls, TestDatabase};

/// The quota of status.
const QUOTA: &str = "10/60";

/// The number of instances. Each request goes to a random one.
const INSTANCES: u64 = 10;

/// The time of the first request.
const START: Timestamp = Timestamp::from_micros(1_795_348_800_000_000);

/// Requests in order. Each request has its time in microseconds after the start, and its client.
type Arrivals = Vec<(u64, u64)>;

/// Prints the table.
pub(crate) async fn report() {
    println!("| clients | decisions | calls | calls per decision | admitted |");
    println!("|---|---|---|---|---|");
    for (name, arrivals) in [
        ("fresh, 2000 of one request each", fresh()),
        ("200 for an hour, one request a page", pages(|_| 1)),
        ("200 for an hour, a mix: 85 % of pages one, 10 % two at once, 5 % three", pages(mixed)),
        ("200 for an hour, two or three at once a page", pages(|rng| 2 + rng.below(2))),
        ("one that sends 100 × its quota for 10 minutes", attack(&mut Rng(2))),
    ] {
        let (calls, admitted) = run(&arrivals).await;
        let share = ratio(calls, arrivals.len());
        println!("| {name} | {} | {calls} | {share:.3} | {admitted} |", arrivals.len());
    }
}

fn fresh() -> Arrivals {
    (0..2000).map(|client| (client * 1_000_000, client)).collect()
}

/// 200 clients. Each visits about every two minutes and reads one to three pages for 5 to 30 seconds each. Every page
/// sends `at_once` status requests within a second.
fn pages(at_once: impl Fn(&mut Rng) -> u64) -> Arrivals {
    let (mut arrivals, rng) = (Arrivals::new(), &mut Rng(1));
    for client in 0..200 {
        let mut at = rng.below(120_000_000);
        while at < 3_600_000_000 {
            for _ in 0..=rng.below(3) {
                let requests = at_once(rng);
                arrivals.extend((0..requests).map(|_| (at + rng.below(1_000_000), client)));
                at += 5_000_000 + rng.below(25_000_000);
            }
            at += rng.below(240_000_000);
        }
    }
    arrivals.sort_unstable();
    arrivals
}

/// Most pages send one request. Some have two or three independent parts that send one each.
const fn mixed(rng: &mut Rng) -> u64 {
    match rng.below(20) {
        0 => 3,
        1 | 2 => 2,
        _ => 1,
    }
}

/// One client that sends 1000 requests a minute for 10 minutes: one request at a random time in every 60 ms.
fn attack(rng: &mut Rng) -> Arrivals {
    (0..10_000).map(|number| (number * 60_000 + rng.below(60_000), 0)).collect()
}

/// Serves the requests in order, each on a random instance. Returns the number of calls and of admitted requests.
async fn run(arrivals: &Arrivals) -> (usize, usize) {
    let database = TestDatabase::start().await.expect("a database");
    let calls = Calls::default();
    let client = Client::from_conf(database.config().interceptor(calls.clone()).build());
    let quota: Quota = QUOTA.parse().expect("a quota");
    let limiter = || RateLimiter::new(client.clone(), "RateLimitsTable".into(), "status", quota);
    let instances: Vec<_> = (0..INSTANCES).map(|_| limiter()).collect();
    let (mut rng, mut admitted) = (Rng(3), 0);
    for (at, client) in arrivals {
        let instance = &instances[usize::try_from(rng.below(INSTANCES)).expect("a few")];
        admitted += usize::from(instance.take(client, START + Duration::from_micros(*at)).await.is_ok());
    }
    (calls.take().len(), admitted)
}

#[expect(clippy::cast_precision_loss, reason = "some thousands fit exactly")]
fn ratio(calls: usize, decisions: usize) -> f64 {
    calls as f64 / decisions as f64
}

/// Pseudorandom numbers that are the same in every run: `SplitMix64` (Steele, Lea, Flood: "Fast Splittable
/// Pseudorandom Number Generators").
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    /// A random number below `bound`.
    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
