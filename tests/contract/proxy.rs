//! A trusted proxy in front of the API.

use tests::{Client, TestApp};

/// The secrets that the functions accept.
pub(crate) const ONE: &str = "one-secret-of-the-proxy-0123456789abcdef";
const OTHER: &str = "other-secret-of-the-proxy-0123456789abcd";
const THIRD: &str = "third-secret_OF_the-proxy-0123456789abcd";

pub(crate) async fn behind_proxy() -> TestApp {
    TestApp::start_with(&[("PROXY_SECRET", &[ONE, OTHER, THIRD].join(","))]).await
}

/// A client behind the proxy, which reports this address for the viewer.
pub(crate) fn viewer(app: &TestApp, address: &str) -> Client {
    let proxy = app.client_at("198.51.100.1");
    proxy.header("x-proxy-secret", ONE).header("x-proxy-client-ip", address)
}

async fn remaining(client: &Client) -> u64 {
    client.status().await.header("ratelimit-remaining").parse().unwrap()
}

#[tokio::test]
async fn a_request_without_the_secret_is_refused_on_every_route() {
    let app = behind_proxy().await;
    let doubled = format!("{ONE},{ONE}");
    let wrong = ONE.replace('0', "1");
    for secret in ["", "short", &ONE[..39], &wrong, &doubled] {
        let client = app.client().header("x-proxy-secret", secret);
        for response in [
            client.login("ada@example.com", "enchantress").await,
            client.status().await,
            client.logout().await,
            client.logout_everywhere().await,
        ] {
            assert!(response.is(403, "PROXY_REQUIRED"), "{}", response.body);
            assert!(response.cookies.is_empty() && response.header("ratelimit").is_empty());
        }
    }
    assert!(app.client().status().await.is(403, "PROXY_REQUIRED"));
    let elsewhere = app.client().send("GET", "/elsewhere", "").await;
    assert!(elsewhere.is(404, "NOT_FOUND"), "the path is checked first");
}

#[tokio::test]
async fn every_secret_is_accepted_during_a_rotation() {
    let app = behind_proxy().await;
    for secret in [ONE, OTHER, THIRD] {
        let client = viewer(&app, "192.0.2.1").header("x-proxy-secret", secret);
        assert_eq!(client.login("ada@example.com", "enchantress").await.status, 200);
    }
}

#[tokio::test]
async fn viewers_behind_one_proxy_have_separate_buckets() {
    let app = behind_proxy().await;
    for number in 0..12 {
        let viewer = viewer(&app, &format!("203.0.113.{number}"));
        assert_eq!(remaining(&viewer).await, 9, "viewer {number}");
    }
}

#[tokio::test]
async fn a_viewer_who_forges_headers_has_one_bucket() {
    let app = behind_proxy().await;
    for number in 0..9 {
        let forged = format!("203.0.113.{number}");
        let viewer = viewer(&app, "192.0.2.1").header("x-forwarded-for", &forged);
        let viewer = viewer.header("cloudfront-viewer-address", &format!("{forged}:1"));
        assert_eq!(remaining(&viewer).await, 9 - number, "{forged}");
        // A proxy that appends its header to the viewer's instead of overwriting it.
        let doubled = viewer.header("x-proxy-client-ip", &format!("{forged},192.0.2.1"));
        assert_eq!(remaining(&doubled).await, 9 - number, "{forged}, in the bucket of unreadable addresses");
    }
    let without_proxy = TestApp::start().await;
    for number in 0..9 {
        let client = without_proxy.client_at("192.0.2.1").header("x-proxy-secret", ONE);
        let client = client.header("x-proxy-client-ip", &format!("203.0.113.{number}"));
        assert_eq!(remaining(&client.header("x-proxy-host", "evil.test")).await, 9 - number);
    }
}

#[tokio::test]
async fn the_apis_own_origin_is_the_host_that_the_proxy_sends() {
    let app = behind_proxy().await;
    let page = |origin: &str| {
        viewer(&app, "192.0.2.1").header("x-proxy-host", "www.example.org").header("origin", origin)
    };
    assert_eq!(page("https://www.example.org").logout().await.status, 200);
    for origin in ["http://www.example.org", "https://api.example.com", "https://evil.test", "null"] {
        assert!(page(origin).logout().await.is(403, "CROSS_SITE"), "{origin}");
    }
    let forged = TestApp::start().await.client().header("x-proxy-host", "evil.test");
    assert!(forged.header("origin", "https://evil.test").logout().await.is(403, "CROSS_SITE"));
}

#[tokio::test]
async fn the_authorizer_requires_no_secret_but_trusts_the_host_only_with_one() {
    let app = behind_proxy().await;
    let login = viewer(&app, "192.0.2.1").login("ada@example.com", "enchantress").await;
    let client = app.client().with_session_of(&login).header("origin", "https://www.example.org");
    let client = client.event("/requestContext/http/method", "POST".into());
    let is_authorized = async |client: &Client| {
        app.decide(&client.authorizer_request()).await.unwrap()["isAuthorized"] == true
    };
    let named = client.clone().header("x-proxy-host", "www.example.org");
    assert!(!is_authorized(&named).await, "the host without the secret");
    assert!(is_authorized(&named.header("x-proxy-secret", OTHER)).await);
    assert!(is_authorized(&client.without_header("origin")).await, "no secret");
}
