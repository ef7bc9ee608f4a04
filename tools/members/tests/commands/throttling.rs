//! An import into a table that throttles.

use crate::program::{Tables, file, rows, said};
use crate::wire::{answer, serve};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `DynamoDB`'s answer when it throttles.
const THROTTLED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded"}"#;

/// The writes that are refused, by their number. They are more than the SDK's own three attempts of each row.
const REFUSED: std::ops::Range<usize> = 20..80;

/// Forwards calls to the database at `address`, counts the writes, and answers some of them with `refusal`.
async fn refusing(address: String, writes: Arc<AtomicUsize>, refusal: Vec<u8>) -> String {
    serve(move |request| {
        let (address, writes, refusal) = (address.clone(), Arc::clone(&writes), refusal.clone());
        async move {
            let is_write = request.header("x-amz-target").is_some_and(|it| !it.ends_with(".GetItem"));
            let number = if is_write { writes.fetch_add(1, Ordering::Relaxed) } else { 0 };
            if REFUSED.contains(&number) { refusal } else { request.forward(&address).await }
        }
    })
    .await
}

/// Loads a file of `count` rows through `endpoint`, and checks that each row was counted and is there once.
fn loads_all(tables: &Tables, endpoint: &str, count: u64) {
    let path = file(rows(count));
    let import = tables.program_at(endpoint, &["import", path.to_str().unwrap(), "--json"]).output().unwrap();
    let tally = said(&import).record();
    let counts = ["loaded", "alreadyThere", "rejected"].map(|name| tally[name].as_u64().unwrap());
    assert_eq!(counts, [count, 0, 0]);
    let listed = tables.run(&["list", "--json"]).records();
    let ids: BTreeSet<_> = listed.iter().map(|it| it["memberId"].as_u64().unwrap()).collect();
    assert_eq!([listed.len(), ids.len()].map(u64::try_from), [Ok(count), Ok(count)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_and_closed_connections_slow_an_import_and_lose_nothing() {
    for refusal in [answer("400 Bad Request", THROTTLED), Vec::new()] {
        let tables = Tables::start().await;
        let writes = Arc::new(AtomicUsize::new(0));
        let endpoint = refusing(tables.address(), Arc::clone(&writes), refusal).await;
        loads_all(&tables, &endpoint, 60);
        assert!(writes.load(Ordering::Relaxed) > REFUSED.end, "nothing was refused");
    }
}

/// Forwards calls to the database at `address`, and loses the answers to the first writes of members.
async fn forgetful(address: String, lost: Arc<AtomicUsize>) -> String {
    serve(move |request| {
        let (address, lost) = (address.clone(), Arc::clone(&lost));
        async move {
            let adds = |operation| request.header("x-amz-target").is_some_and(|it| it.ends_with(operation));
            let is_add = adds(".PutItem") || adds(".TransactWriteItems");
            let answered = request.forward(&address).await;
            if is_add && lost.fetch_add(1, Ordering::Relaxed) < 10 {
                return answer("500 Internal Server Error", r#"{"__type":"InternalServerError"}"#);
            }
            answered
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_whose_answer_was_lost_counts_as_loaded() {
    let tables = Tables::start().await;
    let lost = Arc::new(AtomicUsize::new(0));
    let endpoint = forgetful(tables.address(), Arc::clone(&lost)).await;
    loads_all(&tables, &endpoint, 20);
    assert!(lost.load(Ordering::Relaxed) > 20, "no answer was lost");
}
