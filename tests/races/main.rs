//! Invariants under concurrent requests. Some requests are held at the worst moment; others coincide by chance in many
//! rounds.
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

/// How many rounds each race has: `RACE_ROUNDS` or a default.
fn rounds() -> usize {
    std::env::var("RACE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20)
}

/// An API whose limits are never reached. Hashes have the lowest cost that a deployment allows, so that hashing takes
/// long enough for other requests to come in between.
async fn app() -> TestApp {
    TestApp::start_without_limits(&[("BCRYPT_COST", "10")]).await
}

/// Adds a member with the password [`PASSWORD`] and returns its id.
async fn add_member(app: &TestApp, email: &str) -> u64 {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let hash = HASH.get_or_init(|| bcrypt::hash(PASSWORD, 10).unwrap());
    app.add_member_with_hash(email, hash).await.get()
}

const PASSWORD: &str = "enchantress";

/// Waits for a random part of `longest`, so that the requests of each round coincide differently.
async fn stagger(longest: Duration) {
    let [share] = random();
    tokio::time::sleep(longest * u32::from(share) / 255).await;
}
