//! The table of events in `docs/operations.md`, held against the code and against what the functions log.

use crate::output::log_of;
use crate::{audit, members, proxy_audit};
use serde_json::Value;
use shared::gateway::audit::Event;
use std::collections::{BTreeMap, BTreeSet};
use tests::fault_proxy::{Call, Fault, Times};
use tests::{TestApp, take_log};

const PAGE: &str = include_str!("../../docs/operations.md");

/// Events that no story has.
const NOT_TOLD: [&str; 1] = ["internal_server_error"];

/// What all stories log.
async fn log() -> Vec<Value> {
    let stories = [
        a_story_of_an_old_hash().await,
        audit::a_story().await,
        audit::a_story_of_junk().await,
        audit::a_story_of_the_authorizer().await,
        log_of("audit::a_process_that_panics_and_cannot_serve"),
        members::refusals::a_story().await,
        proxy_audit::a_story().await,
    ];
    stories.concat()
}

/// A hash that cannot be renewed.
async fn a_story_of_an_old_hash() -> Vec<Value> {
    let app = TestApp::start().await;
    app.add_member_with_hash("bob@example.com", &bcrypt::hash("sorceress", 4).unwrap()).await;
    let proxy = app.fault_proxy();
    proxy.disturb(Call("UpdateItem", "MembersTable"), Fault::UnrecognizedClient, Times::Always);
    let login = app.over(&proxy).client().login("bob@example.com", "sorceress").await;
    assert_eq!(login.status, 200, "the hash was not renewed, and the login succeeded");
    take_log()
}

/// An event as the page has it.
#[derive(Debug)]
struct Row {
    level: &'static str,
    fields: BTreeSet<&'static str>,
}

fn rows() -> BTreeMap<&'static str, Row> {
    let (_, section) = PAGE.split_once("\n## What is logged\n").unwrap();
    let lines = section.lines().take_while(|line| !line.starts_with("## "));
    lines.filter(|line| line.starts_with("| `")).map(row).collect()
}

fn row(line: &'static str) -> (&'static str, Row) {
    let cells: Vec<_> = line.split('|').collect();
    let [_, event, level, _, fields, _] = cells[..] else { panic!("not four cells: {line}") };
    (codes(event).next().unwrap(), Row { level: level.trim(), fields: codes(fields).collect() })
}

/// The code spans of a cell.
fn codes(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn the_page_has_the_events_of_the_code() {
    let events = Event::ALL.iter().map(|event| serde_json::to_value(event).unwrap());
    let events: BTreeSet<_> = events.map(|event| event.as_str().unwrap().to_owned()).collect();
    assert_eq!(rows().into_keys().map(str::to_owned).collect::<BTreeSet<_>>(), events);
}

#[tokio::test]
async fn every_line_has_the_level_and_the_fields_of_the_page() {
    let rows = rows();
    let mut told = BTreeMap::<&str, BTreeSet<String>>::new();
    for line in log().await {
        let (&event, row) =
            rows.get_key_value(line["event"].as_str().unwrap()).expect("an event of the page");
        assert_eq!(line["level"], row.level, "{event}");
        told.entry(event).or_default().extend(fields(&line));
    }
    for (event, row) in rows.iter().filter(|(event, _)| !NOT_TOLD.contains(event)) {
        let fields: BTreeSet<_> = row.fields.iter().map(|&field| field.to_owned()).collect();
        assert_eq!(told.get(event), Some(&fields), "{event}");
    }
}

/// The fields of a line, without those of all lines.
fn fields(line: &Value) -> impl Iterator<Item = String> {
    let usual = ["timestamp", "level", "event", "request_id", "client"];
    line.as_object().unwrap().keys().filter(move |name| !usual.contains(&name.as_str())).cloned()
}
