//! An import that is stopped halfway and run again.

use crate::program::{Tables, file, ids, rows, wait_for};
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// An import in progress that has loaded at least 200 members.
async fn under_way(tables: &Tables, path: &Path) -> Child {
    let child = tables.program(&["import", path.to_str().unwrap(), "--json"]).spawn().unwrap();
    let begun = Instant::now();
    while tables.client().scan().table_name("MembersTable").send().await.unwrap().count() < 200 {
        assert!(begun.elapsed() < Duration::from_mins(2), "the import does not proceed");
    }
    child
}

fn count(tally: &Value, name: &str) -> u64 {
    tally[name].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_an_import_with_exact_counts_and_the_next_run_continues() {
    const ROWS: u64 = 1000;
    let tables = Tables::start().await;
    let path = file(rows(ROWS));
    let child = under_way(&tables, &path).await;
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let stopped = wait_for(child);
    assert_eq!(stopped.code, Some(130));
    assert_eq!(stopped.error_line(), "interrupted: run the command again to continue");
    let [first] = &stopped.json()[..] else { panic!("no counts") };
    assert_eq!(first["interrupted"], true);
    let loaded = count(first, "loaded");
    assert!((100..ROWS).contains(&loaded), "{loaded}");
    assert_eq!(u64::try_from(tables.run(&["list", "--json"]).records().len()).unwrap(), loaded);

    let second = tables.import(&path).record();
    assert_eq!((count(&second, "alreadyThere"), count(&second, "loaded")), (loaded, ROWS - loaded));
    let third = tables.import(&path).record();
    assert_eq!((count(&third, "alreadyThere"), count(&third, "loaded")), (ROWS, 0));
    let listed = tables.run(&["list", "--json"]).records();
    assert_eq!([listed.len(), ids(&listed).len()].map(u64::try_from), [Ok(ROWS), Ok(ROWS)]);
}
