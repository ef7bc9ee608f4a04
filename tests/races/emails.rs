//! An email change or a lookup by id is held while the email or its member changes.

use crate::app;
use crate::members::{WRITE, add, emails, held, held_during, remove, set_email};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::members::Email;
use shared::store::Item;
use tests::fault_proxy::{Call, Times};
use tests::{text, with};

const HASH: &str = "$2b$10$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u";

#[tokio::test]
async fn an_id_names_its_member_after_the_email_went_to_another_member() {
    let app = app().await;
    app.invoke(&add("bob@example.com")).await;
    let others = [set_email(2, "bob@new.example"), add("bob@example.com")];
    let found =
        held(&app, &json!({"action": "find", "memberId": 2}), Call("TransactGetItems", ""), &others).await;
    assert_eq!((&found["memberId"], &found["email"]), (&json!(2), &json!("bob@new.example")));
}

/// The other member has the same hash, as can happen after an import.
#[tokio::test]
async fn a_late_email_change_moves_no_other_member_with_the_same_email() {
    let app = app().await;
    let mut bob = app.add_member_with_hash("bob@example.com", HASH).await.get();
    for late in [(Call("GetItem", "MembersTable"), Times::Once), (WRITE, Times::Always)] {
        let replace = async {
            app.invoke(&remove(bob)).await;
            app.add_member_with_hash("bob@example.com", HASH).await.get()
        };
        let (response, other) =
            Box::pin(held_during(&app, &set_email(bob, "bob@new.example"), late, replace)).await;
        assert_eq!(response["error"], "NO_SUCH_MEMBER");
        assert!(emails(&app, bob).await.is_empty());
        assert_eq!(emails(&app, other).await, ["bob@example.com"]);
        bob = other;
    }
}

#[tokio::test]
async fn two_changes_to_the_same_email_both_succeed() {
    let app = app().await;
    let request = set_email(1, "ada@new.example");
    assert_eq!(held(&app, &request, WRITE, std::slice::from_ref(&request)).await, json!({}));
}

/// Another program writes the item without a hash, and later adds the hash.
#[tokio::test]
async fn a_late_email_change_does_not_lose_a_first_hash() {
    let app = app().await;
    let number = |number: &str| AttributeValue::N(number.to_owned());
    let item = [("email", text("bob@example.com")), ("member_id", number("7")), ("generation", number("1"))];
    let item = Item::from(item.map(|(name, value)| (name.to_owned(), value)));
    app.put("MembersTable", &item).await;
    let with_hash = with(&item, "password_hash", Some(text(HASH)));
    let write_hash = app.put("MembersTable", &with_hash);
    let late = (WRITE, Times::Always);
    let (response, ()) =
        Box::pin(held_during(&app, &set_email(7, "bob@new.example"), late, write_hash)).await;
    assert_eq!(response, json!({}));
    let bob = app.members().get(&Email::parse("bob@new.example").unwrap()).await.unwrap().unwrap();
    assert!(bob.password_hash().is_some());
}
