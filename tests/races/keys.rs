//! Ten instances start at the same time on tables without keys.

use crate::{app, rounds, rounds_of_logins};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use shared::keys::{KeyRing, RingName};
use std::time::Duration;
use tests::TestApp;

const INSTANCES: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn ten_instances_make_one_ring() {
    let app = app().await;
    let databases: Vec<_> = (0..INSTANCES).map(|_| app.database()).collect();
    for round in 0..rounds() {
        let start = |database: &Client| {
            let keys = KeyRing::new(database.clone(), "SigningKeysTable".into(), RingName::Sessions)
                .rotating(Duration::MAX);
            let now = app.now();
            tokio::spawn(async move { keys.current(now).await.unwrap().id() })
        };
        let ids: Vec<_> =
            join_all(databases.iter().map(start)).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(ids, [ids[0]; INSTANCES], "round {round}");
        forget_keys(&databases[0]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_logins_on_ten_instances_are_good_on_each_other() {
    let app = app().await;
    for round in 0..rounds_of_logins() {
        let instances: Vec<_> = (0..INSTANCES).map(|_| app.on_another_instance()).collect();
        let begin = |app: &TestApp| {
            let client = app.client();
            tokio::spawn(async move { client.login("ada@example.com", "enchantress").await })
        };
        let logins = join_all(instances.iter().map(begin)).await;
        for (login, app) in logins.into_iter().zip(instances.iter().cycle().skip(1)) {
            let login = login.unwrap();
            assert_eq!(app.client().with_session_of(&login).status().await.status, 200, "round {round}");
        }
        assert_eq!(forget_keys(&app.database()).await, 2, "a ring for sessions and one for devices");
    }
}

/// Deletes all key rings and returns how many there were.
async fn forget_keys(database: &Client) -> usize {
    let rings = database.scan().table_name("SigningKeysTable").send().await.unwrap();
    for ring in rings.items() {
        let AttributeValue::S(name) = &ring["ring"] else { panic!("a name") };
        let delete = database.delete_item().table_name("SigningKeysTable");
        delete.key("ring", AttributeValue::S(name.clone())).send().await.unwrap();
    }
    rings.items().len()
}
