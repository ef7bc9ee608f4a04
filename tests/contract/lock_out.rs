//! How well a guesser keeps a member out: the attack of `docs/security.md`, on the embedded database with moved time.

use login::throttle::LoginThrottle;
use shared::gateway::proxy::TrustedProxy;
use shared::gateway::{Request, RequestParts};
use shared::members::Email;
use shared::timestamp::Timestamp;
use std::time::Duration;
use tests::TestApp;

/// When a token of an empty bucket is back.
const INTERVAL: Duration = Duration::from_secs(23_040);

const DAY: Duration = Duration::from_hours(24);

/// How often the owner tries between two tokens, each time from a new browser on a network of its own.
const TRIES: u32 = 50;

/// How many times the attack is repeated: about a day.
const ROUNDS: u32 = 4;

/// The limits of one account.
struct Account {
    throttle: LoginThrottle,
    email: Email,
}

impl Account {
    /// Whether an attempt from this address gets a token. No password is checked, because hashing takes long. The token
    /// of a right password comes back.
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

/// The share of the owner's tries, in percent, that are admitted while somebody guesses from so many networks: ten times
/// at once, and then whenever a token is back.
async fn owners_success(app: &TestApp, networks: u32) -> u32 {
    let account = Account { throttle: app.throttle(), email: Email::parse(&app.unknown_email()).unwrap() };
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
    let app = TestApp::start_with(&[("ACCOUNT_QUOTA", "1/3600")]).await;
    let account = Account { throttle: app.throttle(), email: Email::parse(&app.unknown_email()).unwrap() };
    let mut admitted = 0;
    for network in 0..1000 {
        let guesser = format!("{}.{}.0.1", 10 + network / 256, network % 256);
        admitted += u32::from(account.admits(&guesser, false, app.now()).await);
    }
    // One permit in each. 1000 networks reach all of them, except in one run of 100,000.
    assert_eq!(admitted, 64);
}

#[tokio::test]
async fn guesses_from_everywhere_are_no_more_than_a_full_bucket_of_each_shard_and_what_refills_all_of_them() {
    let app = TestApp::start().await;
    let account = Account { throttle: app.throttle(), email: Email::parse(&app.unknown_email()).unwrap() };
    let (mut admitted, mut now) = (0, app.now());
    for _ in 0..4 {
        for network in 0..128 {
            let guesser = format!("10.{network}.0.1");
            while account.admits(&guesser, false, now).await {
                admitted += 1;
            }
        }
        now = now + DAY / 3;
    }
    println!("{admitted} guesses in a day from 128 networks");
    // 10 in each of 64 shards, and then one each 360 seconds. About 9 shards have none of the networks.
    assert!((500..=640 + 240).contains(&admitted), "{admitted}");
}

#[tokio::test]
async fn a_guesser_on_few_networks_keeps_the_owner_out_of_few_browsers() {
    let app = TestApp::start().await;
    println!("attacker's networks | owner's new browsers admitted");
    for (networks, at_least, at_most) in [(1, 90, 100), (10, 65, 97), (100, 5, 45)] {
        let success = owners_success(&app, networks).await;
        println!("{networks} | {success} %");
        assert!((at_least..=at_most).contains(&success), "{networks} networks: {success} %");
    }
}
