//! Properties of the rate limiter.

use crate::{Database, NOW};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use shared::limits::{BucketState, NotAdmitted, Quota, RateLimiter};
use shared::store::Item;
use shared::timestamp::Timestamp;
use std::time::Duration;

fn limiter(database: &Database) -> RateLimiter {
    RateLimiter::new(database.client(), "RateLimitsTable".into(), "login", "5/60".parse().unwrap())
}

/// The item of the bucket `a`.
async fn item(database: &Database) -> Item {
    let get = database.client().get_item().table_name("RateLimitsTable");
    let item = get.key("bucket", AttributeValue::S("login#a".into())).send().await.unwrap().item;
    database.calls.forget();
    item.unwrap_or_default()
}

/// Replaces the item of the bucket `a`.
async fn put(database: &Database, tat: AttributeValue) {
    let put = database.client().put_item().table_name("RateLimitsTable");
    let put = put.item("bucket", AttributeValue::S("login#a".into()));
    put.item("tat", tat).send().await.unwrap();
}

/// Deletes the item of the bucket `a`, as TTL does.
async fn delete(database: &Database) {
    let delete = database.client().delete_item().table_name("RateLimitsTable");
    delete.key("bucket", AttributeValue::S("login#a".into())).send().await.unwrap();
}

fn number(item: &Item, name: &str) -> u64 {
    item[name].as_n().unwrap().parse().unwrap()
}

fn is_refusal(result: &Result<BucketState, NotAdmitted>) -> bool {
    matches!(result, Err(NotAdmitted::Refused(_)))
}

#[tokio::test]
async fn a_burst_of_five_admits_five_of_fifty_simultaneous_requests() {
    for instances in [1, 10, 50] {
        let database = Database::start().await;
        let limiters: Vec<_> = (0..instances).map(|_| limiter(&database)).collect();
        let simultaneous = (0..50).map(|number| limiters[number % instances].take(&"a", NOW));
        let results = join_all(simultaneous).await;
        assert_eq!(results.iter().filter(|it| it.is_ok()).count(), 5, "{instances} instances");
        assert_eq!(results.iter().filter(|it| is_refusal(it)).count(), 45);
        assert!(database.calls.take().len() <= 100, "at most two calls each");
        let tat = number(&item(&database).await, "tat");
        assert_eq!(tat, NOW.as_micros() + 5 * 12_000_000, "each admission moved it by one interval");
    }
}

#[tokio::test]
async fn each_permit_of_a_burst_costs_one_call() {
    let database = Database::start().await;
    let limiter = limiter(&database);
    for _ in 0..5 {
        assert!(limiter.take(&"a", NOW).await.is_ok());
        assert_eq!(database.calls.take(), ["UpdateItem"]);
    }
}

#[tokio::test]
async fn a_new_instance_needs_at_most_two_calls() {
    let database = Database::start().await;
    for calls in [1, 2, 2, 2, 2, 1] {
        let _ = limiter(&database).take(&"a", NOW).await;
        assert_eq!(database.calls.take().len(), calls);
    }
}

#[tokio::test]
async fn a_bucket_known_to_be_empty_is_refused_without_a_call_until_a_permit_is_back() {
    let database = Database::start().await;
    let limiter = limiter(&database);
    for _ in 0..5 {
        assert!(limiter.take(&"a", NOW).await.is_ok());
    }
    database.calls.forget();
    for wait in [0, 1, 11_999_999] {
        assert!(is_refusal(&limiter.take(&"a", NOW + Duration::from_micros(wait)).await));
    }
    assert_eq!(database.calls.take(), [""; 0]);
    assert!(limiter.take(&"a", NOW + Duration::from_secs(12)).await.is_ok());
    assert_eq!(database.calls.take(), ["UpdateItem"]);
}

#[tokio::test]
async fn a_refused_request_writes_nothing() {
    let database = Database::start().await;
    for _ in 0..5 {
        assert!(limiter(&database).take(&"a", NOW).await.is_ok());
    }
    let before = item(&database).await;
    assert!(is_refusal(&limiter(&database).take(&"a", NOW).await));
    assert_eq!(item(&database).await, before);
}

#[tokio::test]
async fn a_bucket_refills_to_its_capacity_and_not_above() {
    let database = Database::start().await;
    let limiter = limiter(&database);
    let mut now = NOW;
    for (wait, admitted) in [(0, 5), (11, 0), (1, 1), (24, 2), (60, 5), (3600, 5)] {
        now = now + Duration::from_secs(wait);
        assert_eq!(drain(&limiter, now).await, admitted, "after {wait} seconds more");
    }
}

#[tokio::test]
async fn an_item_expires_after_its_bucket_is_full() {
    let database = Database::start().await;
    let limiter = limiter(&database);
    for _ in 0..5 {
        limiter.take(&"a", NOW).await.unwrap();
        let item = item(&database).await;
        let after_full = number(&item, "expires_at") - number(&item, "tat") / 1_000_000;
        assert!((300..=360).contains(&after_full), "{after_full}");
    }
}

#[tokio::test]
async fn a_bucket_that_ttl_deleted_is_full() {
    let database = Database::start().await;
    let limiter = limiter(&database);
    limiter.take(&"a", NOW).await.unwrap();
    delete(&database).await;
    assert!(limiter.take(&"a", NOW).await.is_ok());
    assert_eq!(number(&item(&database).await, "tat"), NOW.as_micros() + 12_000_000);
}

#[tokio::test]
async fn idle_time_adds_no_permits_to_a_full_bucket() {
    let database = Database::start().await;
    let limiter = limiter(&database);
    limiter.take(&"a", NOW).await.unwrap();
    let past = NOW.as_micros() - 3_600_000_000;
    put(&database, AttributeValue::N(past.to_string())).await;
    assert!(limiter.take(&"a", NOW).await.is_ok(), "the instance starts with the busy form");
    assert_eq!(number(&item(&database).await, "tat"), NOW.as_micros() + 12_000_000);
}

#[tokio::test]
async fn a_malformed_bucket_has_one_permit() {
    let database = Database::start().await;
    put(&database, AttributeValue::S("soon".into())).await;
    let takes = join_all((0..10).map(async |_| limiter(&database).take(&"a", NOW).await)).await;
    assert_eq!(takes.iter().filter(|it| it.is_ok()).count(), 1, "{takes:?}");
}

/// The clock of an instance was five hours ahead, and then was corrected.
#[tokio::test]
async fn a_clock_that_went_back_blocks_no_client_for_longer_than_a_window() {
    let database = Database::start().await;
    let limiter = limiter(&database);
    assert_eq!(drain(&limiter, NOW + Duration::from_hours(5)).await, 5);
    assert_eq!(drain(&limiter, NOW).await, 1);
    assert_eq!(drain(&limiter, NOW + Duration::from_secs(12)).await, 1);
    assert_eq!(drain(&limiter, NOW + Duration::from_secs(72)).await, 5);
}

#[tokio::test]
async fn an_instance_whose_clock_is_behind_admits_no_additional_request() {
    let database = Database::start().await;
    let late = NOW + Duration::from_secs(10);
    let (ahead, behind) = (limiter(&database), limiter(&database));
    for _ in 0..5 {
        assert!(ahead.take(&"a", late).await.is_ok());
    }
    assert!(is_refusal(&behind.take(&"a", NOW).await));
}

fn refundable(database: &Database) -> RateLimiter {
    limiter(database).refundable()
}

/// Takes all permits of the bucket and returns their number.
async fn drain(limiter: &RateLimiter, now: Timestamp) -> usize {
    let mut permits = 0;
    while limiter.take(&"a", now).await.is_ok() {
        permits += 1;
    }
    permits
}

#[tokio::test]
async fn a_refund_gives_one_permit_back_and_never_more_than_were_taken() {
    let database = Database::start().await;
    let limiter = refundable(&database);
    limiter.refund(&"a", NOW).await;
    assert_eq!(drain(&limiter, NOW).await, 5, "no permit was missing");
    limiter.refund(&"a", NOW).await;
    assert_eq!(drain(&limiter, NOW).await, 1);
    let (full, full_at) = (item(&database).await, NOW + Duration::from_mins(2));
    limiter.refund(&"a", full_at).await;
    assert_eq!(item(&database).await, full, "a full bucket stays unchanged");
}

#[tokio::test]
async fn a_refund_that_is_delivered_twice_or_late_gives_one_permit_too_many() {
    let database = Database::start().await;
    let limiter = refundable(&database);
    assert_eq!(drain(&limiter, NOW).await, 5);
    limiter.refund(&"a", NOW).await;
    limiter.refund(&"a", NOW).await; // the same call, delivered again
    assert_eq!(drain(&limiter, NOW).await, 2);
    let late = NOW + Duration::from_secs(12); // the permit has already come back with time
    limiter.refund(&"a", NOW).await;
    assert_eq!(drain(&limiter, late).await, 2);
}

#[tokio::test]
async fn an_instance_does_not_refuse_a_refundable_bucket_from_memory() {
    let database = Database::start().await;
    let (here, elsewhere) = (refundable(&database), refundable(&database));
    assert_eq!(drain(&here, NOW).await, 5);
    elsewhere.refund(&"a", NOW).await;
    assert_eq!(drain(&here, NOW).await, 1);
}

#[tokio::test]
async fn a_deleted_bucket_is_refused_from_memory_for_at_most_one_window() {
    let database = Database::start().await;
    // The first `tat` is later than a clock difference can explain, so the limiter corrects it. The second `tat` stays
    // unchanged.
    for far in [Duration::from_hours(48), Duration::from_secs(69)].map(|ahead| NOW + ahead) {
        let limiter = limiter(&database);
        put(&database, AttributeValue::N(far.as_micros().to_string())).await;
        let _ = limiter.take(&"a", NOW).await;
        assert!(is_refusal(&limiter.take(&"a", NOW).await));
        delete(&database).await;
        assert!(limiter.take(&"a", NOW + Duration::from_secs(12)).await.is_ok(), "{far:?}");
    }
}

/// How much longer than a window a wait may be: a `tat` is corrected only if a clock difference cannot explain it.
const CLOCK_DIFFERENCE: u64 = 10;

/// Takes permits until the bucket refuses, at most `most` times. Checks that the wait in the refusal is correct and not
/// too long. Returns how many requests were admitted.
async fn drain_and_wait(limiter: &RateLimiter, most: u32) -> u32 {
    for admitted in 0..most {
        match limiter.take(&"a", NOW).await {
            Ok(_) => {}
            Err(NotAdmitted::Failed(cause)) => panic!("{cause:?}"),
            Err(NotAdmitted::Refused(bucket)) => {
                let wait = bucket.retry_after();
                assert!(wait <= u64::from(limiter.quota().window()) + CLOCK_DIFFERENCE, "{wait} s");
                assert!(limiter.take(&"a", NOW + Duration::from_secs(wait)).await.is_ok(), "{wait} s");
                return admitted;
            }
        }
    }
    most
}

/// How many requests are admitted at one moment under each of these quotas in turn. Under the first quota, at most 7
/// requests are sent.
async fn admitted_under(quotas: [&str; 3]) -> [u32; 3] {
    let database = Database::start().await;
    let mut admitted = [0; 3];
    for (turn, quota) in quotas.into_iter().enumerate() {
        let quota: Quota = quota.parse().unwrap();
        let limiter = RateLimiter::new(database.client(), "RateLimitsTable".into(), "login", quota);
        let most = if turn == 0 { 7 } else { quota.capacity() + 1 };
        admitted[turn] = drain_and_wait(&limiter, most).await;
    }
    admitted
}

#[tokio::test]
async fn a_changed_quota_admits_no_more_and_blocks_no_longer_than_its_limit() {
    let quotas = ["5/60", "1/1", "20/600", "10/3600", "1/86400", "30/60"];
    for (old, new) in quotas.iter().flat_map(|old| quotas.map(|new| (*old, new))) {
        let turns = [old, new, old];
        for (admitted, quota) in admitted_under(turns).await.into_iter().zip(turns) {
            let quota: Quota = quota.parse().unwrap();
            assert!(admitted <= quota.capacity(), "{turns:?}: {admitted}");
        }
    }
}
