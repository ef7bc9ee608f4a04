//! The key ring: made once, and learned of in time.

use crate::{Database, NOW};
use futures_util::future::join_all;
use shared::signing_keys::SigningKeys;
use std::time::Duration;

fn signing_keys(database: &Database) -> SigningKeys {
    SigningKeys::new(database.client(), "SigningKeysTable".into())
}

#[tokio::test]
async fn ten_instances_that_start_at_once_make_one_ring() {
    let database = Database::start().await;
    let instances: Vec<_> = (0..10).map(|_| signing_keys(&database)).collect();
    let keys = join_all(instances.iter().map(|it| it.current(NOW))).await;
    let ids: Vec<_> = keys.into_iter().map(|key| key.unwrap().id()).collect();
    assert_eq!(ids, [ids[0]; 10]);
    assert_eq!(signing_keys(&database).current(NOW).await.unwrap().id(), ids[0]);
}

#[tokio::test]
async fn a_ring_is_read_once_and_then_known() {
    let database = Database::start().await;
    let signing_keys = signing_keys(&database);
    let id = signing_keys.current(NOW).await.unwrap().id();
    database.calls.forget();
    for _ in 0..10 {
        assert!(signing_keys.find(id, NOW).await.unwrap().is_some());
        assert_eq!(signing_keys.current(NOW).await.unwrap().id(), id);
    }
    assert_eq!(database.calls.take(), [""; 0]);
}

#[tokio::test]
async fn a_key_made_by_another_instance_is_learned_of_at_once() {
    let database = Database::start().await;
    let (writer, reader) = (signing_keys(&database), signing_keys(&database));
    reader.warm_up(NOW).await;
    let id = writer.current(NOW).await.unwrap().id();
    assert!(reader.find(id, NOW).await.unwrap().is_some());
}

#[tokio::test]
async fn unknown_ids_cause_ten_reads_and_then_one_a_second() {
    let database = Database::start().await;
    let signing_keys = signing_keys(&database);
    signing_keys.current(NOW).await.unwrap();
    database.calls.forget();
    for _ in 0..100 {
        assert!(signing_keys.find(*b"nobody", NOW).await.unwrap().is_none());
    }
    assert_eq!(database.calls.take().len(), 10);
    for _ in 0..100 {
        assert!(signing_keys.find(*b"nobody", NOW + Duration::from_secs(1)).await.unwrap().is_none());
    }
    assert_eq!(database.calls.take(), ["GetItem"]);
}

#[tokio::test]
async fn a_key_shows_nothing_of_its_secret() {
    let database = Database::start().await;
    let key = signing_keys(&database).current(NOW).await.unwrap();
    assert_eq!(format!("{key:?}"), format!("SigningKey {{ id: {:?}, .. }}", key.id()));
}
