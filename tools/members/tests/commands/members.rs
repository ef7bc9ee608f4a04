//! Commands for single members.

use crate::program::{HASH, PASSWORD, Tables, email, ids, wait_for};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::timestamp::Timestamp;

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_added_and_listed() {
    let tables = Tables::start().await;
    let added = tables.add(" Ada@Example.COM ").record();
    assert_eq!(added, json!({"done": "added", "email": "ada@example.com", "memberId": 1}));
    let again = tables.add("ADA@example.com");
    assert_eq!(again.error(), "a member has this email already: choose another, or use set-password");
    let listed = tables.run(&["list", "--json"]).record();
    assert_eq!(listed["email"], "ada@example.com");
    assert_eq!(listed["memberId"], 1);
    assert_eq!((&listed["disabled"], &listed["usableHash"]), (&json!(false), &json!(true)));
    assert!(listed["createdAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(listed.as_object().unwrap().len(), 6);

    let text = tables.run(&["list"]).stdout;
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].ends_with("EMAIL") && lines[1].ends_with("  usable       ada@example.com"));
    assert_eq!(lines.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_on_an_unknown_member_is_an_error() {
    let tables = Tables::start().await;
    tables.add("ada@example.com").record();
    let nobody = "bob@example.com";
    for arguments in [
        &["set-password", nobody, "--password-stdin"][..],
        &["disable", nobody],
        &["enable", nobody],
        &["remove", nobody, "--yes"],
        &["sessions", nobody],
        &["end-sessions", nobody],
        &["disable", "MEMBER_IDS"],
        &["set-password", "2", "--password-stdin"],
        &["disable", "2"],
    ] {
        let said = tables.run(arguments);
        assert_eq!(said.error(), "no member has this email or member id: `members list` shows all members");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_takes_the_id_instead_of_the_email() {
    let tables = Tables::start().await;
    for email in ["ada@example.com", "bob@example.com"] {
        tables.add(email).record();
    }
    let set_password = ["set-password", "2", "--password-stdin", "--allow-weak", "--json"];
    let said = tables.run_with(&set_password, PASSWORD).record();
    assert_eq!(said, json!({"done": "password-set", "email": "bob@example.com"}));
    assert!(tables.run(&["sessions", "2", "--json"]).records().is_empty());
    for (command, done, disabled) in [
        ("disable", "disabled", true),
        ("enable", "enabled", false),
        ("end-sessions", "sessions-ended", false),
    ] {
        let said = tables.run(&[command, "2", "--json"]).record();
        assert_eq!(said, json!({"done": done, "email": "bob@example.com"}));
        assert_eq!(tables.run(&["find", "bob@example.com", "--json"]).record()["disabled"], disabled);
    }
    tables.run(&["remove", "2", "--yes", "--json"]).record();
    let left = tables.run(&["list", "--json"]).record();
    assert_eq!((&left["memberId"], &left["disabled"]), (&json!(1), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_must_be_confirmed() {
    let tables = Tables::start().await;
    tables.add("ada@example.com").record();
    let unsure = tables.run(&["remove", "ada@example.com"]);
    assert_eq!(unsure.error(), "there is no terminal to ask for confirmation on: use --yes");
    assert_eq!(tables.run(&["list", "--json"]).records().len(), 1);
    let done = tables.run(&["remove", "ada@example.com", "--yes", "--json"]).record();
    assert_eq!(done["done"], "removed");
    assert!(tables.run(&["list", "--json"]).records().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_several_pages_has_every_member_once() {
    let tables = Tables::start().await;
    let note = AttributeValue::S("x".repeat(300_000)); // a page has 1 MB
    for name in ["a", "b", "c", "d", "e"] {
        let address = format!("{name}@example.com");
        tables.accounts().add(&email(&address), &HASH.parse().unwrap(), Timestamp::now()).await.unwrap();
        let update = tables.client().update_item().table_name("MembersTable");
        let update = update.key("email", AttributeValue::S(address)).update_expression("SET note = :note");
        update.expression_attribute_values(":note", note.clone()).send().await.unwrap();
    }
    let scan = tables.client().scan().table_name("MembersTable").send().await.unwrap();
    assert!(scan.last_evaluated_key().is_some(), "everything is on one page");
    let listed = tables.run(&["list", "--json"]).records();
    assert_eq!((listed.len(), ids(&listed)), (5, (1..=5).collect()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_escapes_characters_that_a_terminal_would_obey() {
    let tables = Tables::start().await;
    let hash = HASH.parse().unwrap();
    let address = "a\u{202e}b\u{9b}2jc\u{7f}d\u{200b}@example.com";
    tables.accounts().add(&email(address), &hash, Timestamp::now()).await.unwrap();
    let text = tables.run(&["list"]).stdout;
    assert!(text.ends_with("  a\\u{202e}b\\u{9b}2jc\\u{7f}d\\u{200b}@example.com\n"), "{text:?}");
    let json = tables.run(&["list", "--json"]);
    assert!(json.stdout.is_ascii(), "{:?}", json.stdout);
    assert_eq!(json.record()["email"], address);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_closes_the_output_causes_no_error() {
    let tables = Tables::start().await;
    for number in 0..3 {
        tables.add(&format!("m{number}@example.com")).record();
    }
    let mut child = tables.program(&["list"]).spawn().unwrap();
    drop(child.stdout.take());
    let said = wait_for(child);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
}
