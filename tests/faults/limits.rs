//! No fault lifts a limit.

use crate::table::FAULTS;
use futures_util::{StreamExt, stream};
use tests::fault_proxy::{Call, Fault, Times};
use tests::{Client, TestApp};

/// The three kinds of bucket that an untrusted client meets.
#[derive(Clone, Copy, Debug)]
enum Bucket {
    Login,
    Status,
    Account,
}

impl Bucket {
    const fn call(self) -> Call {
        match self {
            Self::Login => Call("UpdateItem", "login#"),
            Self::Status => Call("UpdateItem", "status#"),
            Self::Account => Call("UpdateItem", "untrusted#"),
        }
    }

    /// Sends a request that the bucket counts. Each request to the account's bucket uses an email of its own.
    async fn send(self, client: &Client, number: (usize, usize)) -> u64 {
        match self {
            Self::Login => client.login_with("").await.status,
            Self::Status => client.status().await.status,
            Self::Account => client.login(&format!("nobody{number:?}@example.com"), "wrong").await.status,
        }
    }

    /// The client of the next request. The account's bucket counts all addresses together.
    fn next_client(self, app: &TestApp, address: &str) -> Client {
        match self {
            Self::Login | Self::Status => app.client_at(address),
            Self::Account => app.client(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_bucket_admits_nobody_during_any_fault() {
    let one = "1/3600";
    let quotas = [("LOGIN_QUOTA", one), ("STATUS_QUOTA", one), ("ACCOUNT_QUOTA", one)];
    let app = TestApp::start_with(&quotas).await;
    let buckets = [Bucket::Login, Bucket::Status, Bucket::Account];
    let cases = buckets.into_iter().flat_map(|bucket| {
        FAULTS
            .iter()
            .flat_map(move |&(fault, _)| [Times::Once, Times::Always].map(|times| (bucket, fault, times)))
    });
    let cases: Vec<_> = cases.enumerate().collect();
    let play = |attempt: usize, (number, case): (usize, _)| {
        let played = tokio::spawn(admits_nobody(app.clone(), (number, attempt), case));
        async move { ((number, case), played.await) }
    };
    let played: Vec<_> = stream::iter(cases).map(|case| play(1, case)).buffer_unordered(8).collect().await;
    // On a busy machine a request can exceed its time limit without a fault, so a failed case runs again alone.
    for (case, outcome) in played {
        if outcome.is_err() {
            play(2, case).await.1.unwrap();
        }
    }
}

async fn admits_nobody(app: TestApp, number: (usize, usize), (bucket, fault, times): (Bucket, Fault, Times)) {
    let address = format!("198.51.{}.{}", number.0, number.1);
    let admitted = bucket.send(&bucket.next_client(&app, &address), number).await;
    assert!(matches!(admitted, 400 | 401), "{bucket:?} has one token: {admitted}");
    let proxy = app.fault_proxy();
    let disturbed = app.over(&proxy);
    proxy.disturb(bucket.call(), fault, times);
    let refused = bucket.send(&bucket.next_client(&disturbed, &address), number).await;
    assert!(matches!(refused, 429 | 503), "{bucket:?} {fault:?} {times:?}: {refused}");
    assert!(proxy.heal().await > 0, "{bucket:?} {fault:?}: the bucket was not called");
    let refused = bucket.send(&bucket.next_client(&disturbed, &address), number).await;
    assert_eq!(refused, 429, "{bucket:?} {fault:?} {times:?}, and then");
}
