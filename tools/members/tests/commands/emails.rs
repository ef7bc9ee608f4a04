//! Finding, changing and checking emails.

use crate::program::{Tables, ids};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

/// Stores a member under this key, as another program might have done.
async fn store(tables: &Tables, key: &str, number: u64) {
    let put = tables.client().put_item().table_name("MembersTable");
    let put =
        put.item("email", AttributeValue::S(key.into())).item("generation", AttributeValue::N("1".into()));
    let id = AttributeValue::N(number.to_string());
    put.item("member_id", id.clone()).send().await.unwrap();
    let claim = tables.client().put_item().table_name("EpochsTable");
    claim.item("member_id", id).item("epoch", AttributeValue::N("1".into())).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_found_by_email_and_by_id_and_gets_another_email() {
    let tables = Tables::start().await;
    tables.add("ada@example.com").record();
    for name in ["1", "ADA@example.com"] {
        assert_eq!(tables.run(&["find", name, "--json"]).record()["memberId"], 1);
    }
    let moved = tables.run(&["set-email", "1", "Ada@B\u{fc}cher.example", "--json"]).record();
    assert_eq!(moved, json!({"done": "email-set", "email": "ada@xn--bcher-kva.example"}));
    let back = tables.run(&["set-email", "ada@b\u{fc}cher.example", "ada@example.com", "--json"]).record();
    assert_eq!(back["email"], "ada@example.com");
    assert!(tables.run(&["find", "2"]).error().starts_with("no member has this email or member id"));
    tables.add("bob@example.com").record();
    assert!(
        tables.run(&["set-email", "2", "ada@example.com"]).error().starts_with("a member has this email")
    );
    assert_eq!(tables.run(&["set-email", "2", "no-at-sign"]).code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn emails_that_no_login_matches_are_listed_and_fixed() {
    let tables = Tables::start().await;
    tables.add("ada@example.com").record();
    assert!(tables.run(&["check", "--json"]).records().is_empty());
    for (key, number) in [
        ("bob@b\u{fc}cher.example", 7),
        ("ada\u{fe0f}@example.com", 8),
        ("Ada@example.com", 9),
        ("a..b@example.com", 10), // as another system may accept it
    ] {
        store(&tables, key, number).await;
    }
    let checked = tables.run(&["check", "--json"]);
    assert_eq!((checked.code, ids(&checked.json())), (Some(1), [7, 8, 9].into()));
    assert!(checked.error_line().starts_with("3 members have an email that no login can match"));
    let fixed = tables.run(&["check", "--fix", "--json"]);
    let fixed_of = |number| fixed.json().iter().any(|it| it["memberId"] == number && it["fixed"] == true);
    assert_eq!([7, 8, 9].map(fixed_of), [true, false, false], "8 has no address, 9 has another member's");
    assert_eq!(tables.run(&["find", "bob@b\u{fc}cher.example", "--json"]).record()["memberId"], 7);
}
