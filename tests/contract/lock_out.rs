//! How far a guesser can lock a member out: the attack of `docs/security.md`, on the embedded database with simulated
//! time.

use login::throttle::LoginThrottle;
use shared::gateway::proxy::TrustedProxy;
use shared::gateway::{Request, RequestParts};
use shared::members::Email;
use shared::timestamp::Timestamp;
use std::time::Duration;
use tests::TestApp;

/// The refill interval of an account's bucket.
const INTERVAL: Duration = Duration::from_secs(23_040);

/// How often the owner tries to log in per interval, each time from a new browser on a different network.
const TRIES: u32 = 50;

/// How many intervals the attack lasts: about a day.
const ROUNDS: u32 = 4;

/// The limits of one account.
struct Account {
    throttle: LoginThrottle,
    email: Email,
}

impl Account {
    /// An account without a member.
    fn new(app: &TestApp, email: &str) -> Self {
        Self { throttle: app.throttle(), email: Email::parse(email).unwrap() }
    }

    /// Whether an attempt from this address gets a permit. No password is checked, because hashing takes long. If
    /// `is_right`, the permit is given back.
    async fn admits(&self, address: &str, is_right: bool, now: Timestamp) -> bool {
        let parts = RequestParts { source_ip: Some(address.to_owned()), ..RequestParts::default() };
        let request = Request::new(parts, &TrustedProxy::default(), now);
        let attempt = self.throttle.attempt(&request, &self.email, None).await.unwrap();
        let is_admitted = self.throttle.take(&attempt).await.is_ok();
        if is_admitted && is_right {
            self.throttle.refund(&attempt).await;
        }
        is_admitted
    }
}

/// The percentage of the owner's tries that are admitted while a guesser uses this many networks. The guesser makes ten
/// guesses on each network at the start, and another guess whenever a permit comes back.
async fn owners_success(app: &TestApp, networks: u32) -> u32 {
    let account = Account::new(app, &format!("attacked-from-{networks}@example.com"));
    let mut admitted = 0;
    for round in 0..ROUNDS {
        let now = app.now() + INTERVAL * round;
        for network in 0..networks {
            let guesser = format!("10.{network}.0.1");
            for _ in 0..if round == 0 { 10 } else { 1 } {
                account.admits(&guesser, false, now).await;
            }
        }
        for number in 1..=TRIES {
            let owner = format!("{}.{number}.0.1", 100 + round);
            admitted += u32::from(account.admits(&owner, true, now + INTERVAL * number / (TRIES + 1)).await);
        }
    }
    admitted * 100 / (TRIES * ROUNDS)
}

#[tokio::test]
async fn an_account_has_64_buckets() {
    let app = TestApp::start_with_account_quota("1/3600").await;
    let account = Account::new(&app, "nobody@example.com");
    let mut admitted = 0;
    for network in 0..1000 {
        let guesser = format!("{}.{}.0.1", 10 + network / 256, network % 256);
        admitted += u32::from(account.admits(&guesser, false, app.now()).await);
    }
    // Each bucket has one permit. 1000 networks reach all buckets, except in about one of 100,000 runs.
    assert_eq!(admitted, 64);
}

#[tokio::test]
async fn a_guesser_on_few_networks_locks_out_few_browsers_of_the_owner() {
    let app = TestApp::start().await;
    println!("attacker's networks | owner's new browsers admitted");
    for (networks, at_least, at_most) in [(1, 90, 100), (10, 65, 97), (100, 5, 45)] {
        let success = owners_success(&app, networks).await;
        println!("{networks} | {success} %");
        assert!((at_least..=at_most).contains(&success), "{networks} networks: {success} %");
    }
}
