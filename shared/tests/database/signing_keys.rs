//! The key ring is created once, and every instance learns of changes in time.

use crate::{Database, NOW};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use shared::keys::{KeyRing, RingName, RotatingKeyRing};
use shared::timestamp::Timestamp;
use std::time::Duration;

fn signing_keys(database: &Database) -> RotatingKeyRing {
    ring(database, RingName::Sessions).rotating(30 * DAY)
}

fn ring(database: &Database, name: RingName) -> KeyRing {
    KeyRing::new(database.client(), "SigningKeysTable".into(), name)
}

#[tokio::test]
async fn ten_instances_that_start_simultaneously_create_one_ring() {
    let database = Database::start().await;
    let instances: Vec<_> = (0..10).map(|_| signing_keys(&database)).collect();
    let keys = join_all(instances.iter().map(|it| it.current(NOW))).await;
    let ids: Vec<_> = keys.into_iter().map(|key| key.unwrap().id()).collect();
    assert_eq!(ids, [ids[0]; 10]);
    assert_eq!(signing_keys(&database).current(NOW).await.unwrap().id(), ids[0]);
}

#[tokio::test]
async fn an_instance_accepts_a_key_that_another_instance_just_created() {
    let database = Database::start().await;
    let (writer, reader) = (signing_keys(&database), signing_keys(&database));
    reader.ring().warm_up(NOW).await;
    let id = writer.current(NOW).await.unwrap().id();
    assert!(reader.ring().get(id, NOW).await.unwrap().is_some());
}

#[tokio::test]
async fn unknown_ids_cause_ten_reads_and_then_one_per_second() {
    let database = Database::start().await;
    let signing_keys = signing_keys(&database);
    signing_keys.current(NOW).await.unwrap();
    database.calls.forget();
    for _ in 0..100 {
        assert!(signing_keys.ring().get(*b"nobody", NOW).await.unwrap().is_none());
    }
    assert_eq!(database.calls.take().len(), 10);
    for _ in 0..100 {
        assert!(signing_keys.ring().get(*b"nobody", NOW + Duration::from_secs(1)).await.unwrap().is_none());
    }
    assert_eq!(database.calls.take(), ["GetItem"]);
}

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_key_signs_for_30_days_and_verifies_until_the_second_rotation() {
    let database = Database::start().await;
    let (writer, reader) = (signing_keys(&database), signing_keys(&database));
    let first = writer.current(NOW).await.unwrap().id();
    let almost = NOW + (30 * DAY - Duration::from_micros(1));
    assert_eq!(writer.current(almost).await.unwrap().id(), first);

    let second = writer.current(NOW + 30 * DAY).await.unwrap().id();
    assert_ne!(second, first);
    for id in [first, second] {
        assert!(reader.ring().get(id, NOW + 30 * DAY).await.unwrap().is_some());
    }

    let third = writer.current(NOW + 60 * DAY).await.unwrap().id();
    for (id, is_good) in [(first, false), (second, true), (third, true)] {
        assert_eq!(reader.ring().get(id, NOW + 60 * DAY).await.unwrap().is_some(), is_good);
    }
}

#[tokio::test]
async fn ten_instances_that_rotate_simultaneously_create_one_key() {
    let database = Database::start().await;
    let first = signing_keys(&database).current(NOW).await.unwrap().id();
    let instances: Vec<_> = (0..10).map(|_| signing_keys(&database)).collect();
    join_all(instances.iter().map(|it| it.ring().warm_up(NOW))).await;
    let later = NOW + 30 * DAY;
    let keys = join_all(instances.iter().map(|it| it.current(later))).await;
    let ids: Vec<_> = keys.into_iter().map(|key| key.unwrap().id()).collect();
    assert_eq!(ids, [ids[0]; 10]);
    assert!(instances[0].ring().get(first, later).await.unwrap().is_some());
}

#[tokio::test]
async fn an_instance_reads_the_ring_again_after_five_minutes() {
    let database = Database::start().await;
    let signing_keys = signing_keys(&database);
    let id = signing_keys.current(NOW).await.unwrap().id();
    database.calls.forget();
    for (seconds, calls) in [(299, 0), (300, 1), (599, 0), (600, 1)] {
        assert!(signing_keys.ring().get(id, NOW + Duration::from_secs(seconds)).await.unwrap().is_some());
        assert_eq!(database.calls.take().len(), calls, "after {seconds} s");
    }
}

/// The outcome of looking up an unknown key id after ten lookups of unknown ids. The ring is not read again.
async fn lookup_over_budget(ring: &KeyRing, now: Timestamp) -> Result<bool, bool> {
    for _ in 0..10 {
        ring.get(*b"nobody", now).await.unwrap();
    }
    let found = ring.get(*b"nobody", now).await;
    found.map(|key| key.is_some()).map_err(|error| error.is_transient())
}

#[tokio::test]
async fn an_unknown_id_is_an_error_only_if_a_rotation_may_have_happened() {
    let database = Database::start().await;
    let signing_keys = signing_keys(&database);
    signing_keys.current(NOW).await.unwrap();
    for (age, outcome) in [
        (Duration::ZERO, Ok(false)),
        (30 * DAY - Duration::from_secs(11), Ok(false)),
        (30 * DAY - Duration::from_secs(10), Err(true)), // clocks may differ by this much
        (31 * DAY, Err(true)),
    ] {
        let reader = ring(&database, RingName::Sessions);
        assert_eq!(lookup_over_budget(&reader, NOW + age).await, outcome, "{age:?}");
    }
    signing_keys.current(NOW + 31 * DAY).await.unwrap();
    let reader = ring(&database, RingName::Sessions);
    assert_eq!(lookup_over_budget(&reader, NOW + 31 * DAY).await, Ok(false), "the rotation is known");
    let none = ring(&database, RingName::Devices);
    assert_eq!(lookup_over_budget(&none, NOW).await, Err(true), "a ring may have been created");
}

#[tokio::test]
async fn a_deleted_ring_is_not_restored() {
    let database = Database::start().await;
    let signing_keys = signing_keys(&database);
    let old = signing_keys.current(NOW).await.unwrap().id();
    let later = NOW + 30 * DAY;
    signing_keys.ring().warm_up(later).await;
    let delete = database.client().delete_item().table_name("SigningKeysTable");
    delete.key("ring", AttributeValue::S("sessions".into())).send().await.unwrap();
    assert!(signing_keys.current(later).await.is_err());
    let new = signing_keys.current(later).await.unwrap().id();
    assert_ne!(new, old);
    assert!(signing_keys.ring().get(old, later).await.unwrap().is_none());
}

#[tokio::test]
async fn sessions_and_devices_have_separate_rings() {
    let database = Database::start().await;
    let devices = ring(&database, RingName::Devices).rotating(180 * DAY);
    let device = devices.current(NOW).await.unwrap().id();
    assert!(signing_keys(&database).ring().get(device, NOW).await.unwrap().is_none());
    assert_eq!(devices.current(NOW + 179 * DAY).await.unwrap().id(), device);
}
