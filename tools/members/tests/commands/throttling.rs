//! A table that has had enough.

use crate::program::{HASH, Tables, file, program_at, said};
use crate::wire::{answer, serve};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// As `DynamoDB` says it.
const THROTTLED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded"}"#;

/// Writes that are refused one after the other: many more than the SDK's own three tries of each row take.
const REFUSED: std::ops::Range<usize> = 20..220;

/// The database at `address`, but that it throttles: writes, of which it counts all.
async fn throttling(address: String, writes: Arc<AtomicUsize>) -> String {
    serve(move |request| {
        let (address, writes) = (address.clone(), Arc::clone(&writes));
        async move {
            let is_write = request.header("x-amz-target").is_some_and(|it| !it.ends_with(".GetItem"));
            let number = if is_write { writes.fetch_add(1, Ordering::Relaxed) } else { 0 };
            if REFUSED.contains(&number) {
                answer("400 Bad Request", THROTTLED)
            } else {
                request.forward(&address).await
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_slows_an_import_and_loses_nothing() {
    let tables = Tables::start().await;
    let writes = Arc::new(AtomicUsize::new(0));
    let address = tables.endpoint().strip_prefix("http://").unwrap().to_owned();
    let endpoint = throttling(address, Arc::clone(&writes)).await;
    let rows: String = (1..=60)
        .map(|number| {
            let id = if number % 2 == 0 { number.to_string() } else { String::new() };
            format!("m{number}@example.com,{HASH},{id}\n")
        })
        .collect();
    let path = file(rows);
    let import = program_at(&endpoint, &["import", path.to_str().unwrap(), "--json"]).output().unwrap();
    let tally = said(&import).record();
    assert_eq!(
        (&tally["loaded"], &tally["alreadyThere"], &tally["rejected"]),
        (&json!(60), &json!(0), &json!(0))
    );
    assert!(writes.load(Ordering::Relaxed) > REFUSED.end, "nothing was throttled");
    let listed = tables.run(&["list", "--json"]).records();
    let mut numbers: Vec<_> = listed.iter().map(|it| it["memberId"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((listed.len(), numbers.len()), (60, 60));
}
