//! Malformed items: an attribute is missing, empty or out of range, or has another type.

use crate::failed_logins::observable;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::store::Item;
use std::time::Duration;
use tests::{Client, Response, TestApp, text, with};

const MINUTE: Duration = Duration::from_mins(1);

/// Malformed values for any attribute. `None` removes the attribute.
fn junk() -> Vec<Option<AttributeValue>> {
    let n = |number: &str| AttributeValue::N(number.into());
    let junk = [
        text("junk"),
        text(""),
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

/// The same item with additional attributes.
fn with_extras(item: &Item) -> Item {
    let extras = junk().into_iter().flatten().enumerate().map(|(i, value)| (format!("extra{i}"), value));
    item.clone().into_iter().chain(extras).collect()
}

#[tokio::test]
async fn a_session_with_a_malformed_item_is_not_live() {
    let app = TestApp::start_without_limits(&[]).await;
    let client = app.client().logged_in().await;
    let item = app.items("SessionsTable").await.remove(0);
    for attribute in ["created_at", "last_seen_at", "remember", "epoch"] {
        for junk in junk() {
            app.put("SessionsTable", &with(&item, attribute, junk.clone())).await;
            is_not_live(&app, &client, &format!("{attribute}: {junk:?}")).await;
            assert!(client.logout_everywhere().await.is(401, "NOT_AUTHENTICATED"), "{attribute}");
        }
    }
    app.put("SessionsTable", &with_extras(&with(&item, "expires_at", None))).await;
    assert_eq!(client.status().await.status, 200, "additional attributes are ignored");
    let epoch = app.items("EpochsTable").await.remove(0);
    for junk in junk() {
        app.put("EpochsTable", &with(&epoch, "epoch", junk.clone())).await;
        is_not_live(&app, &client, &format!("the member's epoch: {junk:?}")).await;
    }
}

async fn is_not_live(app: &TestApp, client: &Client, case: &str) {
    assert!(client.status().await.is(401, "NOT_AUTHENTICATED"), "{case}");
    let decision = app.decide(&client.authorizer_request()).await;
    assert_eq!(decision, Ok(json!({ "isAuthorized": false })), "{case}");
}

#[tokio::test]
async fn a_member_with_a_malformed_item_cannot_log_in() {
    let app = TestApp::start_without_limits(&[]).await;
    app.client().logged_in().await; // creates the key rings
    let expected = observable(&app, "ada@example.com", "wrong").await;
    let item = app.item("MembersTable", "email", "ada@example.com").await;
    for attribute in ["member_id", "generation", "disabled", "password_hash"] {
        for junk in junk().into_iter().filter(|it| attribute != "disabled" || it.is_some()) {
            let is_number = matches!(junk, None | Some(AttributeValue::N(_)));
            if attribute == "member_id" && !is_number {
                continue; // the index on the id refuses this type
            }
            app.put("MembersTable", &with(&item, attribute, junk.clone())).await;
            let observable = observable(&app, "ada@example.com", "enchantress").await;
            assert_eq!(observable, expected, "{attribute}: {junk:?}");
        }
    }
    let imported = with(&with(&item, "disabled", None), "created_at", None);
    app.put("MembersTable", &with_extras(&imported)).await;
    assert_eq!(app.client().login("ada@example.com", "enchantress").await.status, 200);
}

/// If `hasPassword` were false, a login page that migrates members would set the old password again.
#[tokio::test]
async fn a_member_with_a_malformed_hash_has_a_password() {
    let app = TestApp::start().await;
    let item = app.item("MembersTable", "email", "ada@example.com").await;
    let find = json!({"action": "find", "email": "ada@example.com"});
    for junk in junk() {
        app.put("MembersTable", &with(&item, "password_hash", junk.clone())).await;
        assert_eq!(app.invoke(&find).await["hasPassword"], junk.is_some(), "{junk:?}");
    }
}

/// Any number is a valid epoch, and a missing epoch is created, so both allow a login.
#[tokio::test]
async fn a_member_with_a_malformed_epoch_cannot_log_in_until_the_sessions_are_revoked() {
    let app = TestApp::start_without_limits(&[]).await;
    app.client().logged_in().await; // creates the key rings
    let expected = observable(&app, "ada@example.com", "wrong").await;
    let epoch = app.items("EpochsTable").await.remove(0);
    for junk in junk() {
        app.put("EpochsTable", &with(&epoch, "epoch", junk.clone())).await;
        app.advance(Duration::from_secs(1)); // lets the buckets fill again
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

/// How many of 12 requests the bucket admits at one moment.
async fn admitted(app: &TestApp, address: &str) -> usize {
    let mut responses = Vec::new();
    for _ in 0..12 {
        responses.push(app.client_at(address).status().await);
    }
    let known = |it: &Response| matches!(it.status, 401 | 429 | 503);
    assert!(responses.iter().all(known));
    responses.iter().filter(|it| it.status == 401).count()
}

#[tokio::test]
async fn a_malformed_bucket_does_not_lift_the_limit_or_block_for_ever() {
    let app = TestApp::start().await;
    for (number, junk) in junk().into_iter().enumerate() {
        let address = format!("198.51.100.{number}");
        let bucket = Item::from([("bucket".to_owned(), text(&format!("status#{address}")))]);
        app.put("RateLimitsTable", &with(&with_extras(&bucket), "tat", junk.clone())).await;
        let is_full = matches!(&junk, None | Some(AttributeValue::N(_))) && admits(junk.as_ref());
        assert_eq!(admitted(&app, &address).await, if is_full { 10 } else { 1 }, "{junk:?}");
        app.advance(Duration::from_secs(6));
        assert_eq!(admitted(&app, &address).await, 1, "one permit after six seconds: {junk:?}");
        app.advance(MINUTE);
        assert_eq!(admitted(&app, &address).await, 10, "all permits after a minute: {junk:?}");
    }
}

/// Whether the bucket is full: its `tat` is missing or a number in the past.
fn admits(tat: Option<&AttributeValue>) -> bool {
    tat.is_none_or(|tat| tat.as_n().is_ok_and(|number| number.parse::<f64>().unwrap() < 2.0))
}

#[tokio::test]
async fn a_malformed_key_ring_is_an_error_and_ends_no_session() {
    let app = TestApp::start().await;
    let login = app.client().login("ada@example.com", "enchantress").await;
    let item = app.item("SigningKeysTable", "ring", "sessions").await;
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
        app.put("SigningKeysTable", &ring).await;
        let elsewhere = app.on_another_instance();
        let client = elsewhere.client().with_session_of(&login);
        assert!(client.status().await.is(503, "UNAVAILABLE"));
        assert!(client.logout().await.is(503, "UNAVAILABLE"));
        assert!(elsewhere.decide(&client.authorizer_request()).await.is_err());
    }
    app.put("SigningKeysTable", &with_extras(&item)).await;
    let elsewhere = app.on_another_instance();
    assert_eq!(elsewhere.client().with_session_of(&login).status().await.status, 200);
}
