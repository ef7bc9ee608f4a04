//! An import whose calls to the database fail for a while.

use crate::program::{Tables, counts, file, ids, rows, wait_for};
use tests::fault_proxy::{Call, Fault, FaultProxy, Times};

/// Imports a file of `count` rows while at least `failing` calls fail, and checks that each row was counted and stored
/// once. The SDK makes three attempts for each of the 32 rows in progress, so more than 96 failing calls need our own
/// retries too.
async fn loads_all(fault: Fault, failing: usize, count: u64) {
    let tables = Tables::start().await;
    let proxy = FaultProxy::to(tables.endpoint());
    proxy.disturb(Call("TransactWriteItems", ""), fault, Times::Always);
    let path = file(rows(count));
    let import = ["import", path.to_str().unwrap(), "--json"];
    let import = tables.program_at(&proxy.endpoint(), &import).spawn().unwrap();
    proxy.hit(failing).await;
    proxy.heal().await;
    assert_eq!(counts(&wait_for(import)), [count, 0, 0], "{fault:?}");
    let listed = tables.run(&["list", "--json"]).records();
    assert_eq!([listed.len(), ids(&listed).len()].map(u64::try_from), [Ok(count), Ok(count)], "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_and_closed_connections_slow_an_import_and_lose_nothing() {
    for fault in [Fault::Throttled, Fault::Closed] {
        loads_all(fault, 100, 60).await;
    }
}

/// If the responses to all of the SDK's attempts are lost, our next call finds the member that an earlier attempt
/// added.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_whose_response_was_lost_counts_as_loaded() {
    loads_all(Fault::Lost, 40, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permanent_error_ends_an_import_without_another_attempt() {
    let tables = Tables::start().await;
    let proxy = FaultProxy::to(tables.endpoint());
    proxy.disturb(Call("TransactWriteItems", ""), Fault::UnrecognizedClient, Times::Always);
    let path = file(rows(1));
    let import = tables.program_at(&proxy.endpoint(), &["import", path.to_str().unwrap()]).spawn().unwrap();
    assert_eq!(wait_for(import).code, Some(1));
    assert_eq!(proxy.heal().await, 1);
}
