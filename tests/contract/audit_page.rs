//! The table of events in `docs/operations.md`, held against the code and against what the functions log.

use crate::output::log_of;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tests::TestApp;
use tests::wire::{Call, Fault, Times};

const PAGE: &str = include_str!("../../docs/operations.md");
const CODE: &str = include_str!("../../shared/src/gateway/audit.rs");

/// The tests that log something, and that are run for their log.
const STORIES: [&str; 7] = [
    "audit_page::a_story",
    "audit::a_story",
    "audit::a_story_of_junk",
    "audit::a_story_of_the_authorizer",
    "audit::a_process_that_panics_and_cannot_serve",
    "members::refusals::a_story",
    "proxy_audit::a_story",
];

/// Events that no story has.
const NOT_TOLD: [&str; 1] = ["internal_server_error"];

/// A hash that cannot be renewed.
#[tokio::test]
async fn a_story() {
    let app = TestApp::start().await;
    app.add_member_with_hash("bob@example.com", &bcrypt::hash("sorceress", 4).unwrap()).await;
    let wire = app.wire();
    wire.disturb(Call("UpdateItem", "MembersTable"), Fault::UnrecognizedClient, Times::Always);
    let login = app.over(&wire).client().login("bob@example.com", "sorceress").await;
    assert_eq!(login.status, 200, "the hash was not renewed, and the login succeeded");
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

/// The events of the code, in the spelling of the log.
fn events() -> BTreeSet<String> {
    let (_, variants) = CODE.split_once("pub enum Event {\n").unwrap();
    let variants = variants.lines().take_while(|line| *line != "}").map(str::trim);
    let variants = variants.filter(|line| !line.starts_with("//"));
    variants.filter_map(|line| line.strip_suffix(',')).map(snake_case).collect()
}

fn snake_case(variant: &str) -> String {
    let letters = variant.chars().flat_map(|c| {
        let underscore = Some('_').filter(|_| c.is_uppercase());
        underscore.into_iter().chain(c.to_lowercase())
    });
    letters.skip(1).collect()
}

#[test]
fn the_page_has_the_events_of_the_code() {
    let page: BTreeSet<_> = rows().into_keys().map(str::to_owned).collect();
    assert_eq!(page, events());
}

#[test]
fn every_line_has_the_level_and_the_fields_of_the_page() {
    let rows = rows();
    let mut told = BTreeMap::<&str, BTreeSet<String>>::new();
    for line in STORIES.iter().flat_map(|story| log_of(story)) {
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
