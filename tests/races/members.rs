//! Concurrent actions of the members function, and a concurrent login.

use crate::{PASSWORD, app, rounds, stagger};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::members::Email;
use std::time::Duration;
use tests::TestApp;
use tests::fault_proxy::{Call, Times};

/// The write of every action that changes a member.
pub(crate) const WRITE: Call = Call("TransactWriteItems", "");

pub(crate) const STRONG: &str = "violet-harbour-93";
pub(crate) const ANOTHER: &str = "quiet-lantern-408";

pub(crate) fn add(email: &str) -> Value {
    json!({"action": "add", "email": email, "password": STRONG})
}

pub(crate) fn set_email(id: u64, email: &str) -> Value {
    json!({"action": "setEmail", "memberId": id, "email": email})
}

pub(crate) fn set_password(id: u64) -> Value {
    json!({"action": "setPassword", "memberId": id, "password": ANOTHER})
}

pub(crate) fn change_password(id: u64, current: &str) -> Value {
    json!({"action": "setPassword", "memberId": id, "password": ANOTHER, "currentPassword": current})
}

pub(crate) fn remove(id: u64) -> Value {
    json!({"action": "remove", "memberId": id})
}

/// Sends all requests simultaneously, each with a short random delay.
async fn send_simultaneously(app: &TestApp, requests: &[Value]) -> Vec<Value> {
    let send = |request: &Value| {
        let (app, request) = (app.clone(), request.clone());
        tokio::spawn(async move {
            stagger(Duration::from_millis(30)).await;
            app.invoke(&request).await
        })
    };
    join_all(requests.iter().map(send)).await.into_iter().map(Result::unwrap).collect()
}

/// Sends `request` and holds its call `held`. Meanwhile sends `others`, which must succeed. Returns the response to
/// `request`.
pub(crate) async fn held(app: &TestApp, request: &Value, held: Call, others: &[Value]) -> Value {
    let send_others = async {
        for other in others {
            let response = app.invoke(other).await;
            assert!(response.get("error").is_none(), "{response}");
        }
    };
    held_during(app, request, (held, Times::Always), send_others).await.0
}

/// Sends `request` and holds its calls `calls` until `meanwhile` is done. Returns the response and the result of
/// `meanwhile`.
pub(crate) async fn held_during<T>(
    app: &TestApp,
    request: &Value,
    calls: (Call, Times),
    meanwhile: impl Future<Output = T>,
) -> (Value, T) {
    let proxy = app.fault_proxy();
    let late = app.through(&proxy);
    proxy.hold_during(calls, late.invoke(request), meanwhile).await
}

/// The emails of all items with this id.
pub(crate) async fn emails(app: &TestApp, id: u64) -> Vec<String> {
    let scan = app.database().scan().table_name("MembersTable").filter_expression("member_id = :id");
    let id = AttributeValue::N(id.to_string());
    let found = scan.expression_attribute_values(":id", id).send().await.unwrap();
    let email =
        |item: &std::collections::HashMap<String, AttributeValue>| item["email"].as_s().unwrap().clone();
    found.items().iter().map(email).collect()
}

async fn status_of_login(app: &TestApp, email: &str, password: &str) -> u64 {
    app.client().login(email, password).await.status
}

#[tokio::test]
async fn a_late_removal_does_not_reach_another_member_with_the_same_email() {
    let app = app().await;
    app.invoke(&add("bob@example.com")).await;
    let by_email = json!({"action": "remove", "email": "bob@example.com"});
    for (bob, late) in [(2, remove(2)), (3, by_email)] {
        let others = [remove(bob), add("bob@example.com")];
        assert_eq!(held(&app, &late, WRITE, &others).await, json!({}), "the member is already removed");
        assert_eq!(emails(&app, bob + 1).await, ["bob@example.com"]);
    }
}

#[tokio::test]
async fn a_late_change_does_not_reach_another_member_with_the_same_email() {
    let app = app().await;
    app.invoke(&add("bob@example.com")).await;
    let disable = json!({"action": "disable", "memberId": 3});
    for (bob, late) in [(2, set_password(2)), (3, disable), (4, change_password(4, STRONG))] {
        let others = [remove(bob), add("bob@example.com")];
        let response = held(&app, &late, WRITE, &others).await;
        assert_eq!(response["error"], "NO_SUCH_MEMBER");
        assert_eq!(status_of_login(&app, "bob@example.com", STRONG).await, 200);
    }
}

#[tokio::test]
async fn a_late_removal_follows_the_member_to_another_email() {
    let app = app().await;
    let moved = [set_email(1, "ada@new.example")];
    assert_eq!(held(&app, &remove(1), WRITE, &moved).await, json!({}));
    assert!(emails(&app, 1).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_who_change_to_one_email_do_not_both_get_it() {
    let app = app().await;
    app.invoke(&add("bob@example.com")).await;
    for round in 0..rounds() {
        let responses =
            send_simultaneously(&app, &[set_email(1, "new@example.com"), set_email(2, "new@example.com")])
                .await;
        let won: Vec<_> = responses.iter().filter(|it| **it == json!({})).collect();
        assert_eq!(won.len(), 1, "{responses:?}, round {round}");
        assert!(responses.iter().any(|it| it["error"] == "EMAIL_TAKEN"), "{responses:?}");
        assert_eq!((emails(&app, 1).await.len(), emails(&app, 2).await.len()), (1, 1));
        app.invoke(&set_email(1, "ada@example.com")).await;
        app.invoke(&set_email(2, "bob@example.com")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_gets_two_emails_simultaneously_has_one_of_them() {
    let app = app().await;
    for round in 0..rounds() {
        let [one, other] = ["one", "other"].map(|name| format!("{name}{round}@example.com"));
        let responses = send_simultaneously(&app, &[set_email(1, &one), set_email(1, &other)]).await;
        assert_eq!(responses, [json!({}), json!({})], "round {round}");
        let [email] = &emails(&app, 1).await[..] else { panic!("not one item, round {round}") };
        assert!([one, other].contains(email));
    }
}

#[tokio::test]
async fn a_late_email_change_does_not_restore_the_old_password() {
    let app = app().await;
    let response = held(&app, &set_email(1, "ada@new.example"), WRITE, &[set_password(1)]).await;
    assert_eq!(response, json!({}));
    assert_eq!(status_of_login(&app, "ada@new.example", PASSWORD).await, 401);
    assert_eq!(status_of_login(&app, "ada@new.example", ANOTHER).await, 200);
}

#[tokio::test]
async fn a_late_email_change_does_not_enable_a_disabled_member() {
    let app = app().await;
    let disable = json!({"action": "disable", "memberId": 1});
    let response = held(&app, &set_email(1, "ada@new.example"), WRITE, &[disable]).await;
    assert_eq!(response, json!({}));
    assert_eq!(status_of_login(&app, "ada@new.example", PASSWORD).await, 401);
}

#[tokio::test]
async fn a_late_email_change_does_not_undo_the_renewal_of_a_hash() {
    let app = app().await;
    let quick = bcrypt::hash(PASSWORD, 5).unwrap();
    let bob = app.add_member_with_hash("bob@example.com", &quick).await.get();
    let renew = async { assert_eq!(status_of_login(&app, "bob@example.com", PASSWORD).await, 200) };
    let late = (WRITE, Times::Always);
    let (response, ()) = Box::pin(held_during(&app, &set_email(bob, "bob@new.example"), late, renew)).await;
    assert_eq!(response, json!({}));
    let member = app.members().get(&Email::parse("bob@new.example").unwrap()).await.unwrap().unwrap();
    assert!(member.password_hash().unwrap().as_str().starts_with("$2b$10$"));
}

#[tokio::test]
async fn a_late_password_change_follows_the_member_to_another_email() {
    let app = app().await;
    assert_eq!(held(&app, &set_password(1), WRITE, &[set_email(1, "ada@new.example")]).await, json!({}));
    assert_eq!(status_of_login(&app, "ada@new.example", ANOTHER).await, 200);
}

#[tokio::test]
async fn a_change_verified_against_an_old_password_does_not_overwrite_the_new_one() {
    let app = app().await;
    let others = [json!({"action": "setPassword", "memberId": 1, "password": STRONG})];
    let response = held(&app, &change_password(1, PASSWORD), WRITE, &others).await;
    assert_eq!(response["error"], "INVALID_CREDENTIALS");
    assert_eq!(status_of_login(&app, "ada@example.com", STRONG).await, 200);
}
