//! Measures status calls while four logins run on two async threads: without logins, with bcrypt on threads of its
//! own (as deployed), and with bcrypt on the async threads.
//!
//! `cargo bench -p tests --bench responsiveness`

mod statistics;

use statistics::quantile;
use std::time::{Duration, Instant};
use tests::{Client, TestApp};
use tokio::task::JoinSet;

/// The number of rounds of all three, and the number of status calls in each.
const ROUNDS: usize = 5;
const CALLS: usize = 40;

/// The load beside the status calls.
#[derive(Clone, Copy)]
enum Beside {
    Nothing,
    Logins,
    BcryptOnTheAsyncThreads,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let quotas = [
        ("LOGIN_QUOTA", "1000000/1"),
        ("ACCOUNT_QUOTA", "1000000/1"),
        ("STATUS_QUOTA", "1000000/1"),
        ("BCRYPT_COST", "12"),
    ];
    let app = TestApp::start_with(&quotas).await;
    let client = app.client().logged_in().await;
    let modes = [Beside::Nothing, Beside::Logins, Beside::BcryptOnTheAsyncThreads];
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (mode, times) in modes.into_iter().zip(&mut times) {
            let busy = keep_busy(&app, mode);
            times.extend(status_calls(&client).await);
            drop(busy);
            tokio::time::sleep(Duration::from_secs(1)).await; // lets logins in progress end
        }
    }
    print(&times);
}

/// Four logins at a time, until dropped.
fn keep_busy(app: &TestApp, mode: Beside) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let client = app.client();
        match mode {
            Beside::Nothing => {}
            Beside::Logins => drop(tasks.spawn(async move {
                loop {
                    assert_eq!(client.login("nobody@example.com", "wrong").await.status, 401);
                }
            })),
            Beside::BcryptOnTheAsyncThreads => drop(tasks.spawn(async {
                loop {
                    std::hint::black_box(bcrypt::hash_with_salt("wrong", 12, [0; 16])).ok();
                    tokio::task::yield_now().await;
                }
            })),
        }
    }
    tasks
}

async fn status_calls(client: &Client) -> Vec<Duration> {
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let start = Instant::now();
        assert_eq!(client.status().await.status, 200);
        times.push(start.elapsed());
    }
    times
}

fn print(times: &[Vec<Duration>; 3]) {
    println!("| beside the status calls | n | median, ms | p99, ms |");
    println!("|---|---|---|---|");
    for (name, times) in ["nothing", "four logins", "bcrypt on the async threads"].iter().zip(times) {
        let [median, p99] = [0.5, 0.99].map(|q| quantile(times, q).as_secs_f64() * 1000.0);
        println!("| {name} | {} | {median:.1} | {p99:.1} |", times.len());
    }
}
