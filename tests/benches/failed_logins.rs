//! Measures whether the time of a failed login shows why the login failed. Each way to fail is compared with a wrong
//! password, in turns, at the deployed cost. Takes about ten minutes.
//!
//! `cargo bench -p tests --bench failed_logins`

use std::time::{Duration, Instant};
use tests::{TestApp, text, with};

/// The number of rounds. Each round has one login of every branch.
const ROUNDS: usize = 300;

/// A way to fail: its name, the email, the password.
type Branch = (&'static str, &'static str, String);

#[tokio::main]
async fn main() {
    let app = TestApp::start_without_limits(&[("BCRYPT_COST", "12")]).await;
    let branches = branches(&app).await;
    let mut times = vec![Vec::with_capacity(ROUNDS); branches.len()];
    for round in 0..ROUNDS {
        for turn in 0..branches.len() {
            let branch = (round + turn) % branches.len();
            times[branch].push(time(&app, &branches[branch]).await);
        }
    }
    print(&branches, &times);
}

/// All branches. The first branch is the baseline. Only the disabled member's hash belongs to the password that is
/// sent.
async fn branches(app: &TestApp) -> Vec<Branch> {
    for (email, hash) in [
        ("equal@example.com", bcrypt::hash("sorceress", 12).unwrap()),
        ("disabled@example.com", bcrypt::hash("enchantress", 12).unwrap()),
        ("cost4@example.com", bcrypt::hash("sorceress", 4).unwrap()),
        ("cost10@example.com", bcrypt::hash("sorceress", 10).unwrap()),
        ("cost31@example.com", bcrypt::hash("sorceress", 4).unwrap().replace("$04$", "$31$")),
        ("none@example.com", bcrypt::hash("sorceress", 4).unwrap()),
        ("malformed@example.com", bcrypt::hash("sorceress", 4).unwrap()),
        ("argon2@example.com", bcrypt::hash("sorceress", 4).unwrap()),
    ] {
        app.add_member_with_hash(email, &hash).await;
    }
    app.disable("disabled@example.com").await;
    set_hash(app, "none@example.com", "").await;
    set_hash(app, "malformed@example.com", "$2b$12$short").await;
    set_hash(app, "argon2@example.com", "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$X6MdQcqUmDyMqQdc1Q2YHg")
        .await;
    let branch = |name, email, password: &str| (name, email, password.to_owned());
    vec![
        branch("wrong password", "equal@example.com", "enchantress"),
        branch("wrong password again", "equal@example.com", "enchantress"),
        branch("unknown email", "nobody@example.com", "enchantress"),
        branch("disabled", "disabled@example.com", "enchantress"),
        branch("empty hash", "none@example.com", "enchantress"),
        branch("malformed hash", "malformed@example.com", "enchantress"),
        branch("argon2 hash", "argon2@example.com", "enchantress"),
        branch("hash of cost 4", "cost4@example.com", "enchantress"),
        branch("hash of cost 10", "cost10@example.com", "enchantress"),
        branch("hash of cost 31", "cost31@example.com", "enchantress"),
        branch("73 bytes", "equal@example.com", &"x".repeat(73)),
        branch("a NUL inside", "equal@example.com", "enchan\0tress"),
    ]
}

async fn set_hash(app: &TestApp, email: &str, hash: &str) {
    let item = app.item("MembersTable", "email", email).await;
    app.put("MembersTable", &with(&item, "password_hash", Some(text(hash)))).await;
}

async fn time(app: &TestApp, (name, email, password): &Branch) -> Duration {
    let client = app.client();
    let start = Instant::now();
    let response = client.login(email, password).await;
    let time = start.elapsed();
    assert_eq!(response.status, 401, "{name}");
    time
}

fn print(branches: &[Branch], times: &[Vec<Duration>]) {
    println!("| branch | n | median, ms | against a wrong password |");
    println!("|---|---|---|---|");
    let wrong = median(&times[0]).as_secs_f64();
    for ((name, ..), times_of_branch) in branches.iter().zip(times) {
        let median = median(times_of_branch).as_secs_f64();
        let change = (median / wrong - 1.0) * 100.0;
        println!("| {name} | {} | {:.1} | {change:+.2} % |", times_of_branch.len(), median * 1000.0);
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}
