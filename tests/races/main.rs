//! Invariants under concurrent requests: some are held at the worst moment, others meet by chance in many rounds.
//!
//! `RACE_ROUNDS=500 cargo test -p tests --test races -- --nocapture`

mod chain;
mod change;
mod emails;
mod held;
mod members;
mod repeated;
mod transactions;

use shared::random::random;
use std::time::Duration;
use tests::TestApp;

/// How many rounds each race has: `RACE_ROUNDS` or a default. Races with real logins have a tenth of that.
fn rounds() -> usize {
    std::env::var("RACE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20)
}

fn rounds_of_logins() -> usize {
    rounds().div_ceil(10)
}

/// An API whose limits are never reached. Hashes have the lowest cost of a deployment: hashing takes time, in which other
/// requests come in between.
async fn app() -> TestApp {
    let most = "1000000/1";
    let quotas = [("LOGIN_QUOTA", most), ("STATUS_QUOTA", most), ("ACCOUNT_QUOTA", most)];
    TestApp::start_with(&[&quotas[..], &[("BCRYPT_COST", "10")]].concat()).await
}

/// Adds a member with the password [`PASSWORD`] and returns its number.
async fn add_member(app: &TestApp, email: &str) -> u64 {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let hash = HASH.get_or_init(|| bcrypt::hash(PASSWORD, 10).unwrap());
    app.add_member_with_hash(email, hash).await.get()
}

const PASSWORD: &str = "enchantress";

/// Waits for a random part of `longest`, so that the requests of each round meet at another moment.
async fn stagger(longest: Duration) {
    let [share] = random();
    tokio::time::sleep(longest * u32::from(share) / 255).await;
}
