//! Members who are restored from a backup.

use crate::program::{HASH, OTHER_HASH, Tables, email};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use serde_json::{Value, json};
use shared::members::{Member, MemberId};
use shared::sessions::{NewSession, SessionLookup, SessionStart, SessionToken};
use shared::timestamp::Timestamp;

/// Five members, who were copied to the table `Backup`. After that, bob got another email, carol was removed, dave got
/// another password, and frank was added. Then all items of Members were lost.
async fn damaged() -> (Tables, SessionToken) {
    let tables = Tables::start().await;
    let (accounts, now) = (tables.accounts(), Timestamp::now());
    for name in ["ada", "bob", "carol", "dave", "erin"] {
        add(&tables, name).await;
    }
    let session = start_session(&tables, &get(&tables, "ada").await.unwrap()).await;
    copy_members(&tables).await;
    let [bob, carol, dave] =
        [get(&tables, "bob").await, get(&tables, "carol").await, get(&tables, "dave").await];
    accounts.set_email(&bob.unwrap(), &email("bob@new.example")).await.unwrap();
    accounts.remove(&carol.unwrap(), now).await.unwrap();
    accounts.set_password(&dave.unwrap(), &OTHER_HASH.parse().unwrap(), now).await.unwrap();
    add(&tables, "frank").await;
    for item in items(&tables).await {
        let delete = tables.client().delete_item().table_name("MembersTable");
        delete.key("email", item["email"].clone()).send().await.unwrap();
    }
    (tables, session)
}

async fn add(tables: &Tables, name: &str) {
    let address = email(&format!("{name}@example.com"));
    let added = tables.accounts().add(&address, &HASH.parse().unwrap(), Timestamp::now()).await;
    assert!(added.unwrap().is_some());
}

async fn get(tables: &Tables, name: &str) -> Option<Member> {
    tables.members().get(&email(&format!("{name}@example.com"))).await.unwrap()
}

async fn start_session(tables: &Tables, member: &Member) -> SessionToken {
    let sessions = tables.sessions();
    let epoch = sessions.epochs().get(Some(member.id())).await.unwrap().found().unwrap();
    let login = NewSession { member, epoch, remember: true, replaced: None };
    match sessions.start(&tables.members(), login, Timestamp::now()).await.unwrap() {
        SessionStart::Started(token) => token,
        SessionStart::MemberChanged => panic!("the member was changed"),
    }
}

async fn items(tables: &Tables) -> Vec<shared::store::Item> {
    tables.client().scan().table_name("MembersTable").send().await.unwrap().items().to_vec()
}

/// Restores the members to a new table, as `DynamoDB` restores a backup.
async fn copy_members(tables: &Tables) {
    let attribute =
        AttributeDefinition::builder().attribute_name("email").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("email").key_type(KeyType::Hash);
    let create = tables.client().create_table().table_name("Backup").billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    create.send().await.unwrap();
    for item in items(tables).await {
        tables.client().put_item().table_name("Backup").set_item(Some(item)).send().await.unwrap();
    }
}

/// Runs `members restore` with these options. Returns the reasons by member, and the counts: restored, already there,
/// left out.
fn restore(tables: &Tables, options: &[&str]) -> (Vec<(u64, String)>, [u64; 3]) {
    let mut records = tables.run(&[&["restore", "--from", "Backup", "--json"], options].concat()).records();
    let tally = records.pop().unwrap();
    let counts = ["restored", "alreadyThere", "leftOut"].map(|name| tally[name].as_u64().unwrap());
    let note = |it: &Value| (it["memberId"].as_u64().unwrap(), it["reason"].as_str().unwrap().to_owned());
    let mut notes: Vec<_> = records.iter().map(note).collect();
    notes.sort();
    (notes, counts)
}

#[tokio::test(flavor = "multi_thread")]
async fn members_who_did_not_change_since_the_backup_come_back_without_sessions() {
    let (tables, session) = damaged().await;
    let (notes, counts) = restore(&tables, &["--dry-run"]);
    assert_eq!((counts, items(&tables).await.len()), ([2, 0, 3], 0), "nothing was written");
    assert_eq!(restore(&tables, &[]), (notes.clone(), counts));
    let reasons: Vec<_> = notes.iter().map(|(id, reason)| (*id, reason.split(':').next().unwrap())).collect();
    let [changed, removed] = ["changed", "removed"].map(|it| format!("the member was {it} since the backup"));
    assert_eq!(reasons, [(2, &*changed), (3, &*removed), (4, &*changed)]);
    for (name, is_back) in [("ada", true), ("bob", false), ("carol", false), ("dave", false), ("erin", true)]
    {
        let member = get(&tables, name).await;
        assert_eq!(member.is_some_and(|it| it.has_hash(&HASH.parse().unwrap())), is_back, "{name}");
    }
    let found = tables.sessions().get(session, Timestamp::now()).await.unwrap();
    assert!(matches!(found, SessionLookup::Revoked), "{found:?}");
    assert_eq!(restore(&tables, &[]).1, [0, 2, 3], "a repetition");
    assert!(tables.add("gina@example.com").record()["memberId"].as_u64() > Some(6), "no id is given twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_who_changed_come_back_disabled_and_only_if_that_is_asked_for() {
    let (tables, _) = damaged().await;
    restore(&tables, &[]);
    let (notes, counts) = restore(&tables, &["--outdated"]);
    assert_eq!((notes.len(), counts), (3, [2, 2, 1]));
    for name in ["bob", "dave"] {
        assert!(get(&tables, name).await.unwrap().is_disabled(), "{name}");
    }
    assert!(get(&tables, "carol").await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_with_another_email_by_now_is_not_doubled() {
    let (tables, _) = damaged().await;
    let bob = tables.client().get_item().table_name("Backup");
    let bob =
        bob.key("email", AttributeValue::S("bob@example.com".into())).send().await.unwrap().item.unwrap();
    let put = tables.client().put_item().table_name("MembersTable").set_item(Some(bob));
    put.item("email", AttributeValue::S("bob@new.example".into())).send().await.unwrap();
    let (notes, _) = restore(&tables, &["--outdated"]);
    assert!(notes.contains(&(2, "the member has another email now".to_owned())), "{notes:?}");
    assert!(get(&tables, "bob").await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_with_the_email_of_a_lost_one_is_replaced_only_if_that_is_asked_for() {
    let (tables, _) = damaged().await;
    add(&tables, "ada").await;
    let other = get(&tables, "ada").await.unwrap();
    let session = start_session(&tables, &other).await;
    assert_eq!(restore(&tables, &[]).1, [1, 0, 4]);
    assert_eq!(get(&tables, "ada").await.unwrap().id(), other.id());
    assert_eq!(restore(&tables, &["--overwrite"]).1, [1, 1, 3]);
    assert_eq!(get(&tables, "ada").await.map(|it| it.id()), MemberId::new(1));
    let found = tables.sessions().get(session, Timestamp::now()).await.unwrap();
    assert!(matches!(found, SessionLookup::Revoked), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_two_members_have_or_nobody_claimed_are_listed_and_claimed() {
    let tables = Tables::start().await;
    for name in ["ada", "bob"] {
        add(&tables, name).await;
    }
    let mut ada = items(&tables)
        .await
        .into_iter()
        .find(|it| it["email"] == AttributeValue::S("ada@example.com".into()))
        .unwrap();
    ada.insert("email".into(), AttributeValue::S("former@example.com".into()));
    tables.client().put_item().table_name("MembersTable").set_item(Some(ada)).send().await.unwrap();
    let unclaim = tables.client().delete_item().table_name("EpochsTable");
    unclaim.key("member_id", AttributeValue::N("2".into())).send().await.unwrap();

    let checked = tables.run(&["check", "--json"]);
    let mut problems: Vec<_> =
        checked.json().iter().map(|it| it["problem"].as_str().unwrap().to_owned()).collect();
    problems.sort();
    assert!(problems[0].contains("ada@example.com") && problems[0].contains("former@example.com"));
    assert_eq!(problems[1..], ["the member id is not claimed"]);
    assert!(checked.error_line().starts_with("1 member ids belong to two members: "), "{}", checked.stderr);
    tables.run(&["remove", "former@example.com", "--yes", "--json"]).record();
    assert_eq!(tables.run(&["check", "--claim", "--json"]).record()["fixed"], json!(true));
    assert!(tables.run(&["check", "--json"]).records().is_empty());
    assert_eq!(tables.run(&["find", "1", "--json"]).record()["email"], "ada@example.com");
}
