//! The limits that a client meets.

use crate::api::Api;
use crate::deployment::skip;

/// A burst larger than that is no limit to be met in a few requests.
const LARGEST_BURST: u64 = 100;

pub(super) async fn logout_is_never_limited(api: Api) {
    let client = api.client();
    for _ in 0..100 {
        let answer = client.logout().await;
        assert_eq!((answer.status, answer.header("ratelimit")), (200, ""));
    }
}

pub(super) async fn a_burst_and_then_a_wait_whatever_the_headers_say(api: Api) {
    let client = api.client().impatient();
    let mut answer = client.login_with("").await;
    let burst: u64 = answer.header("ratelimit-limit").parse().expect("a number");
    if burst > LARGEST_BURST {
        skip(format!("its limit is {burst} logins at once"));
    }
    // Tokens come back meanwhile, but not as fast.
    for number in 0..3 * burst {
        if answer.status == 429 {
            break;
        }
        assert_eq!(answer.status, 400);
        let claim = format!("198.51.100.{}", number % 250);
        let claiming = client.clone().header("x-forwarded-for", &claim).header("x-real-ip", &claim);
        answer = claiming.header("forwarded", &format!("for={claim}")).login_with("").await;
    }
    assert!(answer.is(429, "TOO_MANY_REQUESTS"));
    assert_eq!(answer.header("ratelimit-remaining"), "0");
    assert_eq!(client.logout().await.status, 200, "which has no limit");
    api.pass(answer.retry_after()).await;
    assert_eq!(client.login_with("").await.status, 400);
}
