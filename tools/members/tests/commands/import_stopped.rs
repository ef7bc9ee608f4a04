//! An import that is stopped halfway and run again.

use crate::program::{Said, Tables, file, rows, wait_for};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// An import in progress that has loaded some hundred members.
async fn under_way(tables: &Tables, path: &Path) -> Child {
    let child = tables.program(&["import", path.to_str().unwrap(), "--json"]).spawn().unwrap();
    let begun = Instant::now();
    while tables.client().scan().table_name("MembersTable").send().await.unwrap().count() < 200 {
        assert!(begun.elapsed() < Duration::from_mins(2), "it does not get on");
    }
    child
}

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}

fn run_again(tables: &Tables, path: &Path) -> Value {
    tables.run(&["import", path.to_str().unwrap(), "--json"]).record()
}

fn count(tally: &Value, name: &str) -> u64 {
    tally[name].as_u64().unwrap()
}

/// Checks that every row is loaded once, and that no two members have the same id.
fn all_there(said: &Said, rows: u64) {
    let listed = said.records();
    let emails: BTreeSet<_> = listed.iter().map(|it| it["email"].as_str().unwrap()).collect();
    let ids: BTreeSet<_> = listed.iter().map(|it| it["memberId"].as_u64().unwrap()).collect();
    let rows = usize::try_from(rows).unwrap();
    assert_eq!([listed.len(), emails.len(), ids.len()], [rows; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_it_with_exact_counts_and_the_next_run_goes_on() {
    const ROWS: u64 = 1000;
    let tables = Tables::start().await;
    let path = file(rows(ROWS));
    let child = under_way(&tables, &path).await;
    send("-INT", &child);
    let stopped = wait_for(child);
    assert_eq!(stopped.code, Some(130));
    assert_eq!(stopped.error_line(), "interrupted: run the command again to go on");
    let [first] = &stopped.json()[..] else { panic!("no counts") };
    assert_eq!(first["interrupted"], true);
    let loaded = count(first, "loaded");
    assert!((100..ROWS).contains(&loaded), "{loaded}");
    assert_eq!(u64::try_from(tables.run(&["list", "--json"]).records().len()).unwrap(), loaded);

    let second = run_again(&tables, &path);
    assert_eq!((count(&second, "alreadyThere"), count(&second, "loaded")), (loaded, ROWS - loaded));
    let third = run_again(&tables, &path);
    assert_eq!((count(&third, "alreadyThere"), count(&third, "loaded")), (ROWS, 0));
    all_there(&tables.run(&["list", "--json"]), ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_the_next_run_loads_what_is_missing() {
    const ROWS: u64 = 800;
    let tables = Tables::start().await;
    let path = file(rows(ROWS));
    let mut child = under_way(&tables, &path).await;
    send("-KILL", &child);
    child.wait().unwrap();
    let second = run_again(&tables, &path);
    let there = count(&second, "alreadyThere");
    assert!((100..ROWS).contains(&there), "{there}");
    assert_eq!(count(&second, "loaded"), ROWS - there);
    all_there(&tables.run(&["list", "--json"]), ROWS);
}
