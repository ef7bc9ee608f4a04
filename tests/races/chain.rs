//! The limiter's admissions form one chain: sorted by the stored `tat`, each admission follows from the previous one.
//! The test has writers on many instances, clocks that differ, lost responses followed by retries, and items that TTL
//! deletes.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use futures_util::future::join_all;
use serde_json::Value;
use shared::limits::{BucketState, Quota, RateLimiter};
use shared::store::with_limits;
use shared::timestamp::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tests::TestApp;
use tests::fault_proxy::{Call, Exchange, Fault, FaultProxy, Times};

const INSTANCES: u64 = 8;
const WRITERS_OF_EACH: u64 = 4;
const ROUNDS: u64 = 10;

/// An admission as stored.
#[derive(Clone, Copy, Debug)]
struct Link {
    now: Timestamp,
    tat: Timestamp,
}

#[tokio::test(flavor = "multi_thread")]
async fn each_admission_follows_from_the_previous_one() {
    let app = TestApp::start().await;
    let instances: Vec<_> = (0..INSTANCES).map(|_| instance(&app)).collect();
    let (database, mut reported, mut swept) = (app.database(), Vec::new(), 0);
    for round in 0..ROUNDS {
        let now = app.now() + Duration::from_secs(30 * round + 600 * (round / 2));
        let writers = (0..INSTANCES * WRITERS_OF_EACH).map(|number| {
            let (_, limiter) = &instances[usize::try_from(number % INSTANCES).unwrap()];
            let now = now + Duration::from_secs(number % INSTANCES) + Duration::from_micros(number);
            tokio::spawn(take(Arc::clone(limiter), now))
        });
        let (taken, is_swept) = tokio::join!(join_all(writers), sweep(&database, now));
        swept += usize::from(is_swept);
        reported.extend(taken.into_iter().filter_map(Result::unwrap));
    }
    let links = chain(instances.iter().flat_map(|(proxy, _)| proxy.take_exchanges()));
    println!(
        "{} admissions stored, {} reported (the others were written twice), {swept} items deleted",
        links.len(),
        reported.len()
    );
    assert!(links.len() > reported.len() && swept > 0, "some responses were lost, and some items deleted");
    check_chain(&links);
    check_that_each_is_stored_once(&reported, links);
}

fn quota() -> Quota {
    "5/60".parse().unwrap()
}

/// A limiter that loses the response to every third write and retries it.
fn instance(app: &TestApp) -> (FaultProxy, Arc<RateLimiter>) {
    let proxy = app.fault_proxy();
    proxy.disturb(Call("UpdateItem", "login#"), Fault::Lost, Times::OneIn(3));
    let config = with_limits(proxy.config(app.database().config().to_builder()));
    let client = Client::from_conf(config.build());
    (proxy, Arc::new(RateLimiter::new(client, "RateLimitsTable".into(), "login", quota())))
}

async fn take(limiter: Arc<RateLimiter>, now: Timestamp) -> Option<(Timestamp, BucketState)> {
    limiter.take(&"a", now).await.ok().map(|state| (now, state))
}

/// Deletes the item if it has expired, as TTL can do at any time. Returns whether an item was deleted.
async fn sweep(database: &Client, now: Timestamp) -> bool {
    let delete = database.delete_item().table_name("RateLimitsTable");
    let delete = delete.key("bucket", AttributeValue::S("login#a".into()));
    let delete = delete.condition_expression("expires_at <= :now");
    let now = AttributeValue::N(now.as_secs().to_string());
    let delete = delete.expression_attribute_values(":now", now).return_values(ReturnValue::AllOld);
    delete.send().await.is_ok_and(|deleted| deleted.attributes.is_some())
}

/// The stored admissions, in the order of their `tat`.
fn chain(exchanges: impl Iterator<Item = Exchange>) -> Vec<Link> {
    let mut links: Vec<_> =
        exchanges.filter(|it| it.status == 200).map(|it| Link::from_exchange(&it)).collect();
    links.sort_by_key(|link| link.tat);
    links
}

impl Link {
    fn from_exchange(exchange: &Exchange) -> Self {
        let number = |text: &str, pointer: &str| -> u64 {
            let json: Value = serde_json::from_str(text).unwrap();
            json.pointer(pointer).and_then(Value::as_str).and_then(|it| it.parse().ok()).expect("a number")
        };
        let now = number(&exchange.request, "/ExpressionAttributeValues/:now/N");
        let tat = number(&exchange.response, "/Attributes/tat/N");
        Self { now: Timestamp::from_micros(now), tat: Timestamp::from_micros(tat) }
    }
}

/// Checks that each link follows from the previous one. A missing bucket is full, even if TTL deleted it.
fn check_chain(links: &[Link]) {
    let mut before = Timestamp::default();
    for link in links {
        assert_eq!(quota().admit(before, link.now), Some(link.tat), "{link:?} after {before:?}");
        before = link.tat;
    }
}

/// Checks that every reported admission is stored, each in a different write.
fn check_that_each_is_stored_once(reported: &[(Timestamp, BucketState)], mut links: Vec<Link>) {
    for (now, state) in reported {
        let is_it = |link: &Link| link.now == *now && BucketState::new(quota(), link.tat, link.now) == *state;
        let found = links.iter().position(is_it);
        links.swap_remove(found.unwrap_or_else(|| panic!("{state:?} is not stored")));
    }
}
