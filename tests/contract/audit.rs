//! The events in the log.

use crate::output::{log_of, logged_at};
use aws_sdk_dynamodb::Client;
use lambda_http::LambdaEvent;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use shared::config::{ConfigError, Environment};
use shared::gateway::audit::Event;
use shared::gateway::process::{self, Function, Start};
use shared::store::Item;
use std::time::Duration;
use tests::fault_proxy::{Call, Fault, Times};
use tests::{TestApp, take_log, text, with};

async fn log_of_requests() -> Vec<Value> {
    let app = TestApp::start_with_account_quota("1/3600").await;
    let client = app.client_at("203.0.113.1").event("/requestContext/requestId", json!("first"));
    let response = client.login("ada@example.com", "enchantress").await;
    let client = client.with_session_of(&response);
    client.login("ada@example.com", "wrong").await;
    client.login("ada@example.com", "enchantress").await;
    client.login("nobody@example.com", "wrong").await;
    client.login("", "").await;
    client.login("nobody@example.com", "wrong").await;
    client.logout().await;
    client.logout().await; // the session has already ended
    client.clone().header("origin", "null").logout().await;

    let client = app.client_at("203.0.113.2\r\n{\"event\":\"forged\"}").with_device_of(&response);
    let response = client.login("ada@example.com", "enchantress").await;
    let client = client.with_session_of(&response).with_device_of(&response);
    let client = client.clone().with_session_of(&client.login("ada@example.com", "enchantress").await);
    app.advance(Duration::from_hours(2));
    client.status().await;
    client.logout().await;
    app.without_database().client().event("/requestContext/requestId", json!("\n\u{1b}[31m")).status().await;
    take_log()
}

#[tokio::test]
async fn each_event_is_logged_once() {
    let log = log_of_requests().await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let logged: Vec<_> =
        log.iter().map(|line| format!("{} {}", text(&line["level"]), text(&line["event"]))).collect();
    assert_eq!(
        logged,
        [
            "INFO authn_login_success",
            "INFO session_created",
            "WARN authn_login_fail",
            "WARN authn_login_fail_max", // refused by the account's bucket, not by the client's
            "WARN authn_login_fail",
            "WARN excess_rate_limit_exceeded",
            "INFO session_revoked", // only the first logout
            "WARN authz_fail",
            "WARN address_unreadable", // once per instance
            "INFO authn_login_success",
            "INFO session_created",
            "INFO authn_login_success",
            "INFO session_replaced",
            "INFO session_created",
            "WARN address_unreadable",
            "INFO session_expired",
            "WARN address_unreadable",
            "ERROR unavailable",
        ]
    );
    assert_eq!(log[0]["request_id"], json!("first"));
    assert_eq!(log[0]["client"], json!("203.0.113.1"));
    assert_eq!(log[2]["member_id"], json!(1));
    assert_eq!(log[2]["reason"], json!("wrong password"));
    assert_eq!(log[4]["reason"], json!("no such member"));
    assert_eq!(log[4].get("member_id"), None);
    assert_eq!(log[2]["account"], log[3]["account"]);
    assert_ne!(log[2]["account"], log[4]["account"]);
    assert_eq!(text(&log[3]["account"]).len(), 64);
    assert_eq!(log[5].get("account"), None, "the client's bucket belongs to no account");
    assert_eq!(log[8]["client"], json!("unknown"), "a malformed address is not repeated");
    assert_eq!(log[17]["request_id"], json!("\n\u{1b}[31m"), "it is escaped, on one line");
    let hours = (logged_at(&log[15]).secs() - logged_at(&log[0]).secs()) / 3600;
    assert_eq!(hours, 2, "the time is that of the request");
    check_queries(&log);
}

async fn log_of_malformed_items() -> Vec<Value> {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let corrupt = async |table, item: &Item, attribute| {
        app.put(table, &with(item, attribute, Some(text("junk")))).await;
    };
    corrupt("SessionsTable", &app.items("SessionsTable").await[0], "remember").await;
    client.status().await;
    client.logout_everywhere().await;
    corrupt("MembersTable", &app.item("MembersTable", "email", "ada@example.com").await, "generation").await;
    client.login("ada@example.com", "enchantress").await;
    corrupt("SigningKeysTable", &app.item("SigningKeysTable", "ring", "sessions").await, "current").await;
    app.on_another_instance().client().with_cookie(&"A".repeat(104)).logout().await;
    take_log()
}

/// The events logged so far, with their members.
fn logged() -> Vec<(String, Value)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    take_log().iter().map(|line| (text(&line["event"]), line["member_id"].clone())).collect()
}

fn events<const N: usize>(events: [(&str, u64); N]) -> Vec<(String, Value)> {
    events.map(|(event, member)| (event.to_owned(), json!(member))).into()
}

#[tokio::test]
async fn only_a_live_session_is_replaced_or_revoked() {
    let app = TestApp::start().await;
    let ada = app.client().logged_in().await;
    app.add_member("bob@example.com", "sorceress").await;
    take_log();
    ada.login("bob@example.com", "sorceress").await;
    let bob = [("authn_login_success", 2), ("session_replaced", 1), ("session_created", 2)];
    assert_eq!(logged(), events(bob), "the session of another member was live");
    ada.login("bob@example.com", "sorceress").await;
    assert_eq!(
        logged(),
        events([("authn_login_success", 2), ("session_created", 2)]),
        "it had already ended"
    );

    let ada = app.client().logged_in().await;
    app.end_sessions("ada@example.com").await;
    take_log();
    ada.logout().await;
    assert_eq!(logged(), [], "the session was revoked before the logout");
}

#[tokio::test]
async fn a_login_is_a_success_only_once_its_session_is_started() {
    let app = TestApp::start().await;
    let proxy = app.fault_proxy();
    proxy.disturb(Call("TransactWriteItems", "SessionsTable"), Fault::UnrecognizedClient, Times::Always);
    assert_eq!(app.through(&proxy).client().login("ada@example.com", "enchantress").await.status, 503);
    let log = take_log();
    let [line] = &log[..] else { panic!("{log:?}") };
    assert_eq!((&line["event"], &line["member_id"]), (&json!("unavailable"), &json!(1)));
    assert_eq!(line["account"].as_str().map(str::len), Some(64));
}

#[tokio::test]
async fn a_hash_that_cannot_be_renewed_is_logged_and_fails_no_login() {
    let app = TestApp::start().await;
    app.add_member_with_hash("bob@example.com", &bcrypt::hash("sorceress", 4).unwrap()).await;
    let proxy = app.fault_proxy();
    proxy.disturb(Call("UpdateItem", "MembersTable"), Fault::UnrecognizedClient, Times::Always);
    assert_eq!(app.through(&proxy).client().login("bob@example.com", "sorceress").await.status, 200);
    let log = take_log();
    let line = log.iter().find(|line| line["event"] == "unavailable").unwrap();
    assert_eq!((&line["member_id"], line["account"].as_str().map(str::len)), (&json!(2), Some(64)));
}

#[tokio::test]
async fn the_log_names_malformed_attributes() {
    let logged = log_of_malformed_items().await.into_iter().filter(|line| line["level"] == "ERROR");
    let logged: Vec<_> = logged.map(|line| (line["event"].clone(), line["reason"].clone())).collect();
    let reason = |table, name| json!(format!("an item of {table} has a malformed {name}"));
    let item = json!("malformed_item");
    assert_eq!(
        logged,
        [
            (item.clone(), reason("Sessions", "remember")),
            (item.clone(), reason("Sessions", "remember")),
            (item.clone(), reason("Members", "generation")),
            (item, reason("Sessions", "remember")), // the session that the login would have replaced
            (json!("unavailable"), reason("SigningKeys", "current")),
        ]
    );
}

async fn log_of_authorizer() -> Vec<Value> {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    app.decide(&client.clone().header("origin", "null").request("POST", "/app", "")).await.unwrap();
    app.advance(Duration::from_hours(2));
    app.decide(&client.authorizer_request()).await.unwrap();
    app.without_database().decide(&client.authorizer_request()).await.unwrap_err();
    take_log()
}

#[tokio::test]
async fn the_authorizer_logs_the_same_events_as_the_other_functions() {
    let log = log_of_authorizer().await;
    let logged: Vec<_> = log.iter().map(|line| line["event"].as_str().unwrap_or_default()).collect();
    assert_eq!(
        logged,
        ["authn_login_success", "session_created", "authz_fail", "session_expired", "unavailable"]
    );
}

/// A function that panics in another thread, and then fails to start because the name of a table is missing.
struct Broken;

impl Start for Broken {
    fn new(environment: &Environment, _: &Client) -> Result<Self, ConfigError> {
        let panic = std::thread::spawn(|| panic!("enchantress")).join();
        environment.table("NO_TABLE").map(|_| Self).inspect_err(|_| drop(panic.unwrap_err()))
    }

    async fn warm_up(&self) {}
}

impl Function for Broken {
    type Output = ();

    async fn invoke(&self, _: LambdaEvent<Box<RawValue>>) -> Result<(), lambda_http::Error> {
        unreachable!("it does not start")
    }
}

/// Needs its own process, because it changes how the whole process reports panics.
#[tokio::test]
#[ignore = "run by the test below, in its own process"]
async fn a_process_that_panics_and_fails_to_start() {
    process::run::<Broken>().await;
}

#[test]
fn a_panic_and_a_failed_start_are_logged() {
    let log = log_of("audit::a_process_that_panics_and_fails_to_start");
    let logged: Vec<_> = log.iter().map(|line| (&line["level"], &line["event"])).collect();
    let error = json!("ERROR");
    assert_eq!(logged, [(&error, &json!("panic")), (&error, &json!("not_started"))]);
    let place = log[0]["reason"].as_str().unwrap();
    assert!(place.starts_with("tests/contract/audit.rs:"), "the place and not the message: {place}");
    assert_eq!(log[1]["reason"], json!("NO_TABLE is not set"));
}

const PAGE: &str = include_str!("../../docs/operations.md");

#[test]
fn the_operators_page_lists_every_event_with_its_level() {
    for event in Event::ALL {
        let [name, level] = [json!(event), json!(event.level())].map(|it| it.as_str().unwrap().to_owned());
        let is_listed = |star| PAGE.contains(&format!("\n| `{name}`{star} | {level} |"));
        assert!(is_listed("") || is_listed("*"), "{name} {level}");
    }
}

/// The `CloudWatch` queries in `docs/operations.md`.
fn queries() -> impl Iterator<Item = &'static str> {
    PAGE.split("```").filter(|block| block.trim_start().starts_with("filter event"))
}

/// The words of the query language, and the names that the queries give to their results.
const QUERY_WORDS: &str = "filter in stats sum strcontains as by and sort desc count failures successes";

/// Checks that the queries name events and fields that are logged.
fn check_queries(log: &[Value]) {
    assert_eq!(queries().count(), 2);
    for query in queries() {
        let (plain, quoted) = (query.split('"').step_by(2), query.split('"').skip(1).step_by(2));
        let words = plain.flat_map(|text| text.split(|c: char| !c.is_ascii_lowercase() && c != '_'));
        let is_field = |word: &&str| !word.is_empty() && QUERY_WORDS.split(' ').all(|it| it != *word);
        let fields: Vec<_> = words.filter(is_field).collect();
        for event in quoted.filter(|text| text.starts_with("authn_")) {
            let lines: Vec<_> = log.iter().filter(|line| line["event"] == event).collect();
            assert!(!lines.is_empty() && !fields.is_empty(), "{event}");
            for line in lines {
                assert!(fields.iter().all(|field| line.get(field).is_some()), "{fields:?}: {line}");
            }
        }
    }
}
