//! All failed logins look the same.

use tests::{Response, TestApp, take_log, text, with};

/// The bcrypt rounds of one verification at the cost that these tests set.
const TARGET: u64 = 1 << 10;

/// Everything that is observable about a failed login: the response, the calls and the bcrypt rounds.
pub(crate) async fn observable(app: &TestApp, email: &str, password: &str) -> (Response, Vec<String>, u64) {
    app.forget_calls();
    let before = app.rounds();
    let response = app.client().login(email, password).await;
    let mut calls = app.take_calls();
    calls.sort_unstable(); // some calls are sent simultaneously
    (response, calls, app.rounds() - before)
}

/// Sets the hash in Ada's item to a value that the API never writes.
async fn set_hash(app: &TestApp, hash: Option<&str>) {
    let ada = app.item("MembersTable", "email", "ada@example.com").await;
    app.put("MembersTable", &with(&ada, "password_hash", hash.map(text))).await;
}

#[tokio::test]
async fn every_failed_login_looks_the_same() {
    let app = TestApp::start_without_limits(&[("BCRYPT_COST", "10")]).await;
    app.client().logged_in().await; // creates the key rings
    let expected = observable(&app, "ada@example.com", "wrong").await;
    assert!(expected.0.is(401, "INVALID_CREDENTIALS"));
    assert_eq!(expected.2, TARGET);

    let longest = "x".repeat(72);
    app.add_member("long@example.com", &longest).await;
    app.add_member("gone@example.com", "enchantress").await;
    app.remove("gone@example.com").await;
    app.add_member("off@example.com", "enchantress").await;
    app.disable("off@example.com").await;
    for (case, email, password) in [
        ("unknown", "nobody@example.com", "enchantress"),
        ("removed", "gone@example.com", "enchantress"),
        ("disabled", "off@example.com", "enchantress"),
        ("73 bytes of which 72 match", "long@example.com", &*(longest.clone() + "x")),
        ("a NUL after the password", "ada@example.com", "enchantress\0"),
        ("a NUL before the password", "ada@example.com", "\0enchantress"),
        ("the table's own item", "MEMBER_IDS", "enchantress"),
    ] {
        assert_eq!(observable(&app, email, password).await, expected, "{case}");
    }

    for (case, hash) in [
        ("no hash", None),
        ("an empty hash", Some("")),
        ("a malformed hash", Some("$2b$10$short")),
        ("an argon2 hash", Some("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$X6MdQcqUmDyMqQdc1Q2YHg")),
        ("a hash of cost 31", Some("$2b$31$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u")),
    ] {
        set_hash(&app, hash).await;
        assert_eq!(observable(&app, "ada@example.com", "enchantress").await, expected, "{case}");
    }

    for cost in [4, 9] {
        set_hash(&app, Some(&bcrypt::hash("enchantress", cost).unwrap())).await;
        assert_eq!(observable(&app, "ada@example.com", "wrong").await, expected, "cost {cost}");
    }
    set_hash(&app, Some(&bcrypt::hash("enchantress", 11).unwrap())).await;
    assert_eq!(observable(&app, "ada@example.com", "enchantress").await, expected, "a cost over the target");
}

#[tokio::test]
async fn imported_hashes_are_verified_and_renewed() {
    let app = TestApp::start_with(&[("BCRYPT_COST", "10")]).await;
    let hash = bcrypt::hash_with_result("enchantress", 4).unwrap();
    for (number, version) in
        [bcrypt::Version::TwoA, bcrypt::Version::TwoB, bcrypt::Version::TwoY].into_iter().enumerate()
    {
        let email = format!("moved{number}@example.com");
        app.add_member_with_hash(&email, &hash.format_for_version(version)).await;
        assert_eq!(app.client().login(&email, "enchantress").await.status, 200);
        assert!(app.get(&email).await.password_hash().unwrap().as_str().starts_with("$2b$10$"));
        assert_eq!(app.client().login(&email, "enchantress").await.status, 200, "with the renewed hash");
    }
}

#[tokio::test]
async fn a_password_of_72_bytes_works() {
    let app = TestApp::start().await;
    let longest = "é".repeat(36);
    app.add_member("long@example.com", &longest).await;
    assert_eq!(app.client().login("long@example.com", &longest).await.status, 200);
}

#[tokio::test]
async fn a_password_in_another_unicode_form_is_a_different_password() {
    let app = TestApp::start().await;
    let [composed, decomposed] = ["enchantr\u{e9}ss", "enchantre\u{301}ss"];
    for (email, own, other) in
        [("nfc@example.com", composed, decomposed), ("nfd@example.com", decomposed, composed)]
    {
        app.add_member(email, own).await;
        assert_eq!(app.client().login(email, own).await.status, 200);
        assert!(app.client().login(email, other).await.is(401, "INVALID_CREDENTIALS"), "{email}");
    }
}

#[tokio::test]
async fn the_log_tells_a_missing_hash_from_a_malformed_one() {
    let app = TestApp::start().await;
    for (hash, reason) in
        [(None, "the member has no password"), (Some("$2b$10$short"), "the stored hash is not a bcrypt hash")]
    {
        set_hash(&app, hash).await;
        take_log();
        app.client().login("ada@example.com", "enchantress").await;
        assert_eq!(take_log()[0]["reason"], reason);
    }
}
