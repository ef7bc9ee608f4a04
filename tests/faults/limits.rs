//! No fault lifts a limit.

use crate::faults::{ALL, ONE_OF_EACH_CLASS};
use futures_util::{StreamExt, stream};
use tests::fault_proxy::{Call, Fault, Times};
use tests::{Client, TestApp};

/// The three kinds of bucket that limit an untrusted client.
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

    /// Sends a request that the bucket counts. For the account's bucket, each case uses a different email.
    async fn send(self, client: &Client, number: usize) -> u64 {
        match self {
            Self::Login => client.login_with("").await.status,
            Self::Status => client.status().await.status,
            Self::Account => client.login(&format!("nobody{number}@example.com"), "wrong").await.status,
        }
    }

    /// The client of the next request. The account's bucket counts all addresses of a network together.
    fn next_client(self, app: &TestApp, address: &str) -> Client {
        match self {
            Self::Login | Self::Status => app.client_at(address),
            Self::Account => app.client(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_bucket_admits_no_request_during_any_fault() {
    let app = TestApp::start_with_quotas("1/3600", &[]).await;
    let on_all = [Bucket::Login, Bucket::Status, Bucket::Account]
        .into_iter()
        .flat_map(|bucket| ONE_OF_EACH_CLASS.map(|(fault, times)| (bucket, fault, times)));
    let all_on_one = ALL
        .into_iter()
        .flat_map(|fault| [Times::Once, Times::Always].map(|times| (Bucket::Login, fault, times)));
    let cases = on_all.chain(all_on_one).enumerate();
    let play = |(number, case)| admits_no_request(app.clone(), number, case);
    stream::iter(cases).map(play).buffer_unordered(8).collect::<()>().await;
}

async fn admits_no_request(app: TestApp, number: usize, (bucket, fault, times): (Bucket, Fault, Times)) {
    let address = format!("198.51.100.{number}");
    let admitted = bucket.send(&bucket.next_client(&app, &address), number).await;
    assert!(matches!(admitted, 400 | 401), "{bucket:?} has one permit: {admitted}");
    let proxy = app.fault_proxy();
    let disturbed = app.through(&proxy);
    proxy.disturb(bucket.call(), fault, times);
    let refused = bucket.send(&bucket.next_client(&disturbed, &address), number).await;
    assert!(matches!(refused, 429 | 503), "{bucket:?} {fault:?} {times:?}: {refused}");
    assert!(proxy.heal().await > 0, "{bucket:?} {fault:?}: the bucket was not called");
    let refused = bucket.send(&bucket.next_client(&disturbed, &address), number).await;
    assert_eq!(refused, 429, "{bucket:?} {fault:?} {times:?}, after the fault");
}
