//! Items that no function writes: an attribute is missing, has another type, is empty, or is out of range.

use crate::failed_logins::observable;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::store::Item;
use std::time::Duration;
use tests::{Response, TestApp};

const MINUTE: Duration = Duration::from_mins(1);

/// Values that no attribute has in a well-formed item. `None` removes the attribute.
fn junk() -> Vec<Option<AttributeValue>> {
    let n = |number: &str| AttributeValue::N(number.into());
    let junk = [
        AttributeValue::S("junk".into()),
        AttributeValue::S(String::new()),
        AttributeValue::B(Blob::new(b"junk")),
        AttributeValue::Null(true),
        AttributeValue::L(vec![n("1")]),
        AttributeValue::M([("N".to_owned(), n("1"))].into()),
        AttributeValue::Ss(vec!["1".into()]),
        AttributeValue::Ns(vec!["1".into()]),
        n("-1"),
        n("1.5"),
        n("1e30"),
        n("18446744073709551615"), // the largest `u64`
    ];
    junk.into_iter().map(Some).chain([None]).collect()
}

/// The items of a table.
async fn items(app: &TestApp, table: &str) -> Vec<Item> {
    app.database().scan().table_name(table).consistent_read(true).send().await.unwrap().items().to_vec()
}

async fn put(app: &TestApp, table: &str, item: &Item) {
    app.database().put_item().table_name(table).set_item(Some(item.clone())).send().await.unwrap();
}

/// The item with an attribute replaced, or removed.
fn with(item: &Item, attribute: &str, value: Option<AttributeValue>) -> Item {
    let mut item = item.clone();
    match value {
        Some(value) => item.insert(attribute.to_owned(), value),
        None => item.remove(attribute),
    };
    item
}

/// The same item with additional attributes.
fn with_extras(item: &Item) -> Item {
    let extras = junk().into_iter().flatten().enumerate().map(|(i, value)| (format!("extra{i}"), value));
    item.clone().into_iter().chain(extras).collect()
}

#[tokio::test]
async fn a_session_with_a_malformed_item_is_not_live() {
    let app = TestApp::start_with(&[("STATUS_QUOTA", "1000000/1")]).await;
    let client = app.client().logged_in().await;
    let item = items(&app, "SessionsTable").await.remove(0);
    for attribute in ["created_at", "last_seen_at", "remember", "epoch"] {
        for junk in junk() {
            put(&app, "SessionsTable", &with(&item, attribute, junk.clone())).await;
            assert!(client.status().await.is(401, "NOT_AUTHENTICATED"), "{attribute}: {junk:?}");
            assert_ne!(
                app.decide(&client.authorizer_request()).await.unwrap()["isAuthorized"],
                true,
                "{attribute}"
            );
            assert!(client.logout_everywhere().await.is(401, "NOT_AUTHENTICATED"), "{attribute}");
        }
    }
    put(&app, "SessionsTable", &with_extras(&with(&item, "expires_at", None))).await;
    assert_eq!(client.status().await.status, 200, "additional attributes are ignored");
    let epoch = items(&app, "EpochsTable").await.remove(0);
    for junk in junk() {
        put(&app, "EpochsTable", &with(&epoch, "epoch", junk.clone())).await;
        assert!(client.status().await.is(401, "NOT_AUTHENTICATED"), "epoch: {junk:?}");
        assert_ne!(
            app.decide(&client.authorizer_request()).await.unwrap()["isAuthorized"],
            true,
            "epoch: {junk:?}"
        );
    }
}

#[tokio::test]
async fn a_member_with_a_malformed_item_cannot_log_in() {
    let app = TestApp::start_with(&[("ACCOUNT_QUOTA", "1000000/1")]).await;
    app.client().logged_in().await; // makes the key rings
    let expected = observable(&app, "ada@example.com", "wrong").await;
    let ada = |item: &Item| item["email"] == AttributeValue::S("ada@example.com".into());
    let item = items(&app, "MembersTable").await.into_iter().find(ada).unwrap();
    for attribute in ["member_id", "generation", "disabled", "password_hash"] {
        for junk in junk().into_iter().filter(|it| attribute != "disabled" || it.is_some()) {
            let is_number = matches!(junk, None | Some(AttributeValue::N(_)));
            if attribute == "member_id" && !is_number {
                continue; // a type that the index on the id refuses
            }
            put(&app, "MembersTable", &with(&item, attribute, junk.clone())).await;
            let observable = observable(&app, "ada@example.com", "enchantress").await;
            assert_eq!(observable, expected, "{attribute}: {junk:?}");
        }
    }
    let moved_in = with(&with(&item, "disabled", None), "created_at", None);
    put(&app, "MembersTable", &with_extras(&moved_in)).await;
    assert_eq!(app.client().login("ada@example.com", "enchantress").await.status, 200);
}

/// A page that moves members in sets the old password of a member without one.
#[tokio::test]
async fn a_member_with_a_malformed_hash_has_a_password() {
    let app = TestApp::start().await;
    let item = items(&app, "MembersTable").await.remove(0);
    let find = json!({"action": "find", "email": item["email"].as_s().unwrap()});
    for junk in junk() {
        put(&app, "MembersTable", &with(&item, "password_hash", junk.clone())).await;
        assert_eq!(app.invoke(&find).await["hasPassword"], junk.is_some(), "{junk:?}");
    }
}

/// A number is an epoch, whatever it is, and a missing one is made.
#[tokio::test]
async fn a_member_with_a_malformed_epoch_cannot_log_in_until_the_sessions_are_revoked() {
    let app = TestApp::start_with(&[("ACCOUNT_QUOTA", "1000000/1")]).await;
    app.client().logged_in().await; // makes the key rings
    let expected = observable(&app, "ada@example.com", "wrong").await;
    let epoch = items(&app, "EpochsTable").await.remove(0);
    for junk in junk() {
        put(&app, "EpochsTable", &with(&epoch, "epoch", junk.clone())).await;
        app.advance(Duration::from_secs(1)); // until the buckets are full again
        if !matches!(junk, None | Some(AttributeValue::N(_))) {
            assert_eq!(observable(&app, "ada@example.com", "enchantress").await, expected, "{junk:?}");
        }
        match &junk {
            Some(AttributeValue::S(_)) => app.end_sessions("ada@example.com").await,
            _ => app.set_password("ada@example.com", "enchantress").await,
        }
        app.client().logged_in().await;
    }
}

fn largest() -> AttributeValue {
    AttributeValue::N(u64::MAX.to_string())
}

/// How many of 12 simultaneous requests the bucket admits.
async fn admitted(app: &TestApp, address: &str) -> usize {
    let mut answers = Vec::new();
    for _ in 0..12 {
        answers.push(app.client_at(address).status().await);
    }
    let known = |it: &Response| matches!(it.status, 401 | 429 | 503);
    assert!(answers.iter().all(known));
    answers.iter().filter(|it| it.status == 401).count()
}

#[tokio::test]
async fn a_malformed_bucket_neither_lifts_the_limit_nor_blocks_for_good() {
    let app = TestApp::start().await;
    for (number, junk) in junk().into_iter().enumerate() {
        let address = format!("198.51.100.{number}");
        let bucket = Item::from([("bucket".to_owned(), AttributeValue::S(format!("status#{address}")))]);
        put(&app, "RateLimitsTable", &with(&with_extras(&bucket), "tat", junk.clone())).await;
        let is_full = matches!(&junk, None | Some(AttributeValue::N(_))) && admits(junk.as_ref());
        assert_eq!(admitted(&app, &address).await, if is_full { 10 } else { 1 }, "{junk:?}");
        app.advance(Duration::from_secs(6));
        assert_eq!(admitted(&app, &address).await, 1, "one token after six seconds: {junk:?}");
        app.advance(MINUTE);
        assert_eq!(admitted(&app, &address).await, 10, "all tokens after a minute: {junk:?}");
    }
}

/// Whether `tat` is a number in the past, which is a full bucket.
fn admits(tat: Option<&AttributeValue>) -> bool {
    tat.is_none_or(|tat| tat.as_n().is_ok_and(|number| number.parse::<f64>().unwrap() < 2.0))
}

#[tokio::test]
async fn a_malformed_key_ring_admits_nobody_and_logs_nobody_out() {
    let app = TestApp::start().await;
    let login = app.client().login("ada@example.com", "enchantress").await;
    let ring = |item: &Item| item["ring"] == AttributeValue::S("sessions".into());
    let item = items(&app, "SigningKeysTable").await.into_iter().find(ring).unwrap();
    let key = item["current"].as_m().unwrap();
    let mut rings: Vec<_> = junk().into_iter().map(|junk| with(&item, "current", junk)).collect();
    rings.extend(junk().into_iter().flatten().map(|junk| with(&item, "previous", Some(junk))));
    for attribute in ["id", "secret", "created_at"] {
        for junk in junk().into_iter().filter(|it| *it != Some(largest()) || attribute != "created_at") {
            let key = AttributeValue::M(with(key, attribute, junk));
            rings.push(with(&item, "current", Some(key)));
        }
    }
    for ring in rings {
        put(&app, "SigningKeysTable", &ring).await;
        let elsewhere = app.on_another_instance();
        let client = elsewhere.client().with_session_of(&login);
        assert!(client.status().await.is(503, "UNAVAILABLE"));
        assert!(client.logout().await.is(503, "UNAVAILABLE"));
        assert!(elsewhere.decide(&client.authorizer_request()).await.is_err());
    }
    put(&app, "SigningKeysTable", &with_extras(&item)).await;
    let elsewhere = app.on_another_instance();
    assert_eq!(elsewhere.client().with_session_of(&login).status().await.status, 200);
}
