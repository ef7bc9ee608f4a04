//! Many clients at once on the program as users run it, while the database behind it is killed and started
//! again.
//!
//! `LOAD_SECONDS=60 LOAD_CONNECTIONS=200 cargo test -p local --test load -- --nocapture`

mod connection;
mod greedy;
mod program;
mod visitor;

use greedy::Greedy;
use program::Program;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use visitor::{Tally, Visitor};

/// 30 requests at once and 3 a second: more than a visitor sends, and less than a greedy client does. All
/// visitors log in to one account. Its window is long, because requests wait for seconds on a busy machine.
const QUOTAS: [(&str, &str); 3] =
    [("LOGIN_QUOTA", "30/10"), ("STATUS_QUOTA", "30/10"), ("ACCOUNT_QUOTA", "999999/999999")];

/// How long the database is away. A call whose connections are refused gives up within 3 seconds.
const OUTAGE: Duration = Duration::from_secs(4);

/// The factor by which the program's memory may grow after it is warm.
const GROWTH: u64 = 2;

fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_is_lost_or_brought_back_when_the_database_is_killed() {
    let time = Duration::from_secs(number("LOAD_SECONDS", 10).into());
    let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("load");
    let _ = std::fs::remove_dir_all(&data); // of an earlier run
    let database = Program::database(&data);
    let api = Program::api(&database.url(), &QUOTAS);
    let begun = Instant::now();
    let visitors = visit(api.port(), number("LOAD_CONNECTIONS", 40), begun + time);
    let greedy = tokio::spawn(Greedy::drink(api.port(), begun + time));

    sleep_until(begun + time / 4).await;
    let warm = api.resident_kilobytes();
    let port = database.port();
    drop(database);
    sleep(OUTAGE).await;
    let _database = Program::database_again(&data, port);

    let visitors = visitors.join_all().await;
    let end = api.resident_kilobytes();
    let mut tally = Tally::default();
    for visitor in look_again(visitors).await {
        tally.add(&visitor);
    }
    let greedy = greedy.await.unwrap();
    println!("{tally}\n{greedy}\nresident memory: {warm} kB when warm, {end} kB at the end");
    assert!(tally.logins > 0 && tally.logouts > 0 && tally.unavailable > 0, "all of it happened");
    assert!(greedy.is_within_its_quota(), "{greedy}");
    assert!(end < warm * GROWTH, "{warm} kB grew to {end} kB");
}

/// Each visitor checks its sessions, at the same time as the others.
async fn look_again(visitors: Vec<Visitor>) -> Vec<Visitor> {
    let look_again = |mut visitor: Visitor| async move {
        visitor.look_again().await;
        visitor
    };
    visitors.into_iter().map(look_again).collect::<JoinSet<_>>().join_all().await
}

/// Each visitor has its own address, because limits count addresses.
fn visit(port: u16, connections: u32, until: Instant) -> JoinSet<Visitor> {
    let first = u32::from(Ipv4Addr::new(127, 1, 0, 1));
    let visit = |number| async move {
        let mut visitor = Visitor::new(port, Ipv4Addr::from(first + number));
        visitor.stay(until).await;
        visitor
    };
    (0..connections).map(visit).collect()
}
