//! The rate limits that apply to one client.

use crate::api::Api;
use crate::deployment::skip;

/// The largest burst that the scenario is willing to use up.
const LARGEST_BURST: u64 = 100;

/// The shortest refill interval. With a shorter one, permits could come back while requests are in progress.
const SHORTEST_INTERVAL_SECONDS: u64 = 1;

/// The burst of the policy `"login";q=5;w=60`. Skips the scenario if the burst is too large or refills too quickly.
fn burst(policy: &str) -> u64 {
    let numbers = policy.split(['=', ';']).filter_map(|part| part.parse::<u64>().ok());
    let [burst, seconds] = numbers.collect::<Vec<_>>()[..] else { panic!("{policy}") };
    if burst > LARGEST_BURST || seconds < burst * SHORTEST_INTERVAL_SECONDS {
        skip(format!("its limit is {burst} logins in {seconds} seconds"));
    }
    burst
}

pub(super) async fn logout_has_no_client_limit(api: Api) {
    let client = api.client();
    for _ in 0..100 {
        let response = client.logout().await;
        assert_eq!((response.status, response.header("ratelimit")), (200, ""));
    }
}

pub(super) async fn forged_headers_do_not_bypass_the_login_limit(api: Api) {
    let client = api.client().without_retries();
    let mut response = client.login_with("").await;
    let burst = burst(response.header("ratelimit-policy"));
    for number in 0..3 * burst {
        if response.status == 429 {
            break;
        }
        assert_eq!(response.status, 400);
        let claim = format!("198.51.100.{}", number % 250);
        let claiming = client.clone().header("x-forwarded-for", &claim).header("x-real-ip", &claim);
        response = claiming.header("forwarded", &format!("for={claim}")).login_with("").await;
    }
    assert!(response.is(429, "TOO_MANY_REQUESTS"));
    assert_eq!(response.header("ratelimit-remaining"), "0");
    assert_eq!(client.logout().await.status, 200, "logout has no limit");
    api.advance(response.retry_after()).await;
    assert_eq!(client.login_with("").await.status, 400);
}
