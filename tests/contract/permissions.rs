//! The functions' permissions, and the calls that they make.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use embedded_dynamodb::Template;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;
use test_database::TestDatabase;
use tests::{Accesses, Role, TestApp};

const DAY: Duration = Duration::from_hours(24);

/// Makes every kind of call: keys are made and rotated, a hash is renewed, a session is replaced, used and ended, all
/// sessions are revoked, and a missing epoch is made.
async fn everything(app: &TestApp) {
    app.add_member_with_hash("bob@example.com", &bcrypt::hash("builder", 4).unwrap()).await;
    let first = app.client();
    let first = first.clone().with_session_of(&first.login("bob@example.com", "builder").await);
    app.advance(31 * DAY);
    let second = app.client().logged_in().await.logged_in().await;
    app.advance(Duration::from_mins(6));
    assert_eq!(second.status().await.status, 200);
    app.advance(Duration::from_mins(6));
    assert_eq!(app.decide(&second.authorizer_request()).await.unwrap()["isAuthorized"], json!(true));
    for client in [first, second] {
        client.logout_everywhere().await;
        client.logout().await;
    }
    app.delete_epoch(1).await;
    app.client().logged_in().await;
    every_action(app).await;
}

/// All that the members function does.
async fn every_action(app: &TestApp) {
    let added = json!({"action": "add", "email": "eve@example.com", "password": "violet-harbour-93"});
    let id = app.invoke(&added).await["memberId"].clone();
    for request in [
        json!({"action": "setPassword", "memberId": id, "password": "quiet-lantern-408", "currentPassword": "wrong"}),
        json!({"action": "setPassword", "memberId": id, "password": "quiet-lantern-408"}),
        json!({"action": "setEmail", "memberId": id, "email": "eve@new.example"}),
        json!({"action": "sessions", "memberId": id}),
        json!({"action": "endSession", "memberId": id, "id": "0".repeat(64)}),
        json!({"action": "remove", "memberId": id}),
    ] {
        app.invoke(&request).await;
    }
}

#[tokio::test]
async fn a_function_may_do_what_it_does_and_nothing_else() {
    let app = TestApp::start().await;
    everything(&app).await;
    for function in ["authorizer", "login", "logout", "members-function", "status"] {
        let (role, accesses) = (Role::of(function, Template::of_workspace()), app.accesses(function));
        let refused = role.refused(&accesses);
        assert!(refused.is_empty(), "{function} is refused {refused:?}");
        assert_eq!(role.unused(&accesses), [""; 0], "{function}");
    }
}

/// A role that may read one ring of keys, by either way to read an item.
const ONE_RING: &str = "
    Resources:
      Function:
        Type: AWS::Serverless::Function
        Metadata: {BuildProperties: {Binary: status}}
        Properties:
          Policies:
            - Statement:
                - Effect: Allow
                  Action: [dynamodb:BatchGetItem, dynamodb:GetItem]
                  Resource: !Sub arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/SigningKeysTable
                  Condition: {'ForAllValues:StringEquals': {'dynamodb:LeadingKeys': [sessions]}}";

/// A condition is held against what the SDK sends, and not only against requests as a test writes them.
#[tokio::test]
async fn a_condition_on_keys_is_held_against_the_request_on_the_wire() {
    let database = TestDatabase::start().await.unwrap();
    let (client, accesses) = recording(&database);
    let role = Role::of("status", &Template::parse(ONE_RING).unwrap());
    let key = |ring: &str| HashMap::from([("ring".to_owned(), AttributeValue::S(ring.to_owned()))]);
    for (rings, is_refused) in [(&["sessions"][..], false), (&["sessions", "devices"], true)] {
        let keys = KeysAndAttributes::builder().set_keys(Some(rings.iter().map(|it| key(it)).collect()));
        let batch = client.batch_get_item().request_items("SigningKeysTable", keys.build().unwrap());
        batch.send().await.unwrap();
        let read = client.get_item().table_name("SigningKeysTable").set_key(rings.last().map(|it| key(it)));
        read.send().await.unwrap();
        assert_eq!(role.refused(&accesses.so_far()).len(), if is_refused { 2 } else { 0 }, "{rings:?}");
    }
}

/// A client that records its accesses.
fn recording(database: &TestDatabase) -> (Client, Accesses) {
    let accesses = Accesses::to_tables_of(Template::of_workspace());
    (Client::from_conf(database.config().interceptor(accesses.clone()).build()), accesses)
}

/// Whether a function may do what the client did.
fn may(function: &str, accesses: &Accesses) -> bool {
    Role::of(function, Template::of_workspace()).refused(&accesses.so_far()).is_empty()
}

/// Each attribute that an item of Sessions needs besides those that a use of the session writes.
#[tokio::test]
async fn status_and_the_authorizer_cannot_make_a_session() {
    let database = TestDatabase::start().await.unwrap();
    for (attribute, is_allowed) in [("last_seen_at", true), ("epoch", false), ("remember", false)] {
        let (client, accesses) = recording(&database);
        let update = client.update_item().table_name("SessionsTable").key("member_id", number("1"));
        let update = update.key("session", AttributeValue::B([0; 32].to_vec().into()));
        let update = update.update_expression(format!("SET {attribute} = :it"));
        update.expression_attribute_values(":it", number("1")).send().await.unwrap();
        for function in ["authorizer", "status"] {
            assert_eq!(may(function, &accesses), is_allowed, "{function} {attribute}");
        }
    }
}

/// Each function writes an attribute of Epochs, and one of Members.
#[tokio::test]
async fn login_and_logout_write_only_the_epoch_and_a_hash() {
    let database = TestDatabase::start().await.unwrap();
    for (table, key, attribute, functions) in [
        ("EpochsTable", ("member_id", number("1")), "epoch", &["login", "logout"][..]),
        ("EpochsTable", ("member_id", number("1")), "generation", &[]),
        ("EpochsTable", ("member_id", number("1")), "removed_at", &[]),
        ("MembersTable", ("email", AttributeValue::S("a@b".into())), "password_hash", &["login"]),
        ("MembersTable", ("email", AttributeValue::S("a@b".into())), "disabled", &[]),
    ] {
        let (client, accesses) = recording(&database);
        let update = client.update_item().table_name(table).key(key.0, key.1);
        let update = update.update_expression(format!("SET {attribute} = :it"));
        update.expression_attribute_values(":it", number("1")).send().await.unwrap();
        for function in ["login", "logout"] {
            assert_eq!(may(function, &accesses), functions.contains(&function), "{function} {attribute}");
        }
    }
}

#[tokio::test]
async fn only_login_reads_the_keys_of_devices() {
    let database = TestDatabase::start().await.unwrap();
    for (ring, others) in [("sessions", true), ("devices", false), ("others", false)] {
        let (client, accesses) = recording(&database);
        let read = client.get_item().table_name("SigningKeysTable");
        read.key("ring", AttributeValue::S(ring.to_owned())).send().await.unwrap();
        for function in ["authorizer", "logout", "status"] {
            assert_eq!(may(function, &accesses), others, "{function} {ring}");
        }
        assert_eq!(may("login", &accesses), ring != "others", "{ring}");
    }
}

fn number(digits: &str) -> AttributeValue {
    AttributeValue::N(digits.to_owned())
}

/// A table stays when the stack is deleted. Only `Members` can be restored: a restored session could be
/// one that was revoked, and a restored epoch brings revoked sessions back.
#[test]
fn every_table_is_kept_safe() {
    let template: Value = serde_saphyr::from_str(include_str!("../../template.yaml")).unwrap();
    for (name, table) in template["Resources"].as_object().unwrap() {
        if table["Type"] != json!("AWS::DynamoDB::Table") {
            continue;
        }
        let properties = &table["Properties"];
        assert_eq!(table["DeletionPolicy"], json!("Retain"), "{name}");
        assert_eq!(table["UpdateReplacePolicy"], json!("Retain"), "{name}");
        assert!(properties.get("DeletionProtectionEnabled").is_some(), "{name}");
        let is_lasting = name == "MembersTable";
        let restorable = &properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
        assert_eq!(restorable == &json!(true), is_lasting, "{name}");
    }
}
