//! What is logged about a trusted proxy, and about a CDN that is not trusted.

use crate::proxy::{ONE, behind_proxy, viewer};
use serde_json::Value;
use tests::take_log;

/// What the CDNs add to a request.
const CLOUDFRONT: (&str, &str) = ("via", "2.0 0123456789abcdef.cloudfront.net (CloudFront)");
const CLOUDFLARE: (&str, &str) = ("cf-ray", "230b030023ae2822-SJC");

async fn a_story() -> Vec<Value> {
    let app = behind_proxy().await;
    let wrong = app.client_at("203.0.113.1").header("x-proxy-secret", &ONE.replace('0', "1"));
    let wrong = wrong.header("x-proxy-client-ip", "192.0.2.1");
    for _ in 0..2 {
        wrong.status().await;
    }
    app.client_at("203.0.113.2").login("ada@example.com", "enchantress").await;
    let known = viewer(&app, "192.0.2.1").header(CLOUDFRONT.0, CLOUDFRONT.1);
    known.status().await;
    known.clone().header("origin", "null").logout().await;
    for _ in 0..2 {
        viewer(&app, "192.0.2.1, 192.0.2.2").status().await;
    }

    let unaware = app.on_instance_with(&[("PROXY_SECRET", "")]);
    for (name, value) in [CLOUDFRONT, CLOUDFLARE, ("via", "1.1 squid"), CLOUDFRONT] {
        unaware.client_at("203.0.113.3").header(name, value).status().await;
    }
    unaware.client_at("203.0.113.4").header(CLOUDFLARE.0, CLOUDFLARE.1).logout().await;
    let another = unaware.on_another_instance();
    another.client_at("203.0.113.5").header("via", "1.1 squid").status().await;
    another.client_at("203.0.113.5").header(CLOUDFRONT.0, CLOUDFRONT.1).status().await;
    take_log()
}

#[tokio::test]
async fn refusals_are_each_logged_and_shared_limits_once_for_each_instance() {
    let log = a_story().await;
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let told: Vec<_> = log.iter().map(|line| (text(line, "event"), text(line, "client"))).collect();
    let expected = [
        ("proxy_required", "203.0.113.1"),
        ("proxy_required", "203.0.113.1"),
        ("proxy_required", "203.0.113.2"),
        ("authz_fail", "192.0.2.1"), // the client that the proxy names
        ("address_unreadable", "unknown"),
        ("proxy_not_trusted", "203.0.113.3"), // of status
        ("proxy_not_trusted", "203.0.113.4"), // of logout, which is an instance of its own
        ("proxy_not_trusted", "203.0.113.5"), // of the other status
    ];
    let expected = expected.map(|(event, client)| (event.to_owned(), client.to_owned()));
    assert_eq!(told, expected);
    assert!(log.iter().all(|line| line["level"] == "WARN"));
    assert!(text(&log[5], "reason").contains("until PROXY_SECRET is set"), "{}", log[5]);
    assert!(log.iter().all(|line| !line.to_string().contains("secret-of-the-proxy")));
}
