//! The rate limits that apply to one client.

use aws_sdk_dynamodb::types::AttributeValue;
use std::time::Duration;
use tests::fault_proxy::{Call, Times};
use tests::{Response, TestApp, text};

fn limits(response: &Response) -> [&str; 5] {
    ["ratelimit-policy", "ratelimit", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
        .map(|name| response.header(name))
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn five_logins_pass_and_then_one_every_twelve_seconds() {
    let app = TestApp::start_with_account_quota("100/60").await;
    let client = app.client();
    for (remaining, reset) in [("4", "12"), ("3", "24"), ("2", "36"), ("1", "48"), ("0", "60")] {
        let response = client.login("ada@example.com", "enchantress").await;
        assert_eq!(response.status, 200);
        let field = format!("\"login\";r={remaining};t=12");
        assert_eq!(limits(&response), ["\"login\";q=5;w=60", &field, "5", remaining, reset]);
    }
    let refused = client.login("ada@example.com", "enchantress").await;
    assert!(refused.is(429, "TOO_MANY_REQUESTS"));
    assert_eq!(limits(&refused), ["\"login\";q=5;w=60", "\"login\";r=0;t=12", "5", "0", "60"]);
    assert_eq!(refused.header("retry-after"), "12");

    app.advance(11 * SECOND);
    assert_eq!(client.login("ada@example.com", "enchantress").await.header("retry-after"), "1");
    app.advance(SECOND);
    assert_eq!(client.login("ada@example.com", "enchantress").await.status, 200);
    assert_eq!(client.login("ada@example.com", "enchantress").await.status, 429);
    app.advance(60 * SECOND);
    for _ in 0..5 {
        assert_eq!(client.login("ada@example.com", "enchantress").await.status, 200);
    }
}

#[tokio::test]
async fn ten_status_calls_pass_and_then_one_every_six_seconds() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    for remaining in (0..10).rev() {
        let response = client.status().await;
        assert_eq!(response.status, 200);
        assert_eq!(response.header("ratelimit"), format!("\"status\";r={remaining};t=6"));
    }
    let refused = client.status().await;
    assert!(refused.is(429, "TOO_MANY_REQUESTS"));
    assert_eq!(refused.problem()["violated-policies"], serde_json::json!(["status"]));
    assert_eq!(limits(&refused), ["\"status\";q=10;w=60", "\"status\";r=0;t=6", "10", "0", "60"]);
    app.advance(6 * SECOND);
    assert_eq!(client.status().await.status, 200);
}

#[tokio::test]
async fn a_late_correction_of_a_bucket_restores_no_permit_that_was_taken_since() {
    let app = TestApp::start().await;
    let bucket = text("login#198.51.100.7");
    let far = AttributeValue::N((app.now() + 48 * 3600 * SECOND).as_micros().to_string());
    let item = [("bucket".to_owned(), bucket.clone()), ("tat".to_owned(), far)];
    app.put("RateLimitsTable", &item.into()).await;
    let proxy = app.fault_proxy();
    let late = app.through(&proxy).client_at("198.51.100.7");
    let correction = (Call("UpdateItem", "tat = :stored"), Times::Always);
    let meanwhile = async {
        app.delete("RateLimitsTable", "bucket", bucket).await;
        assert_eq!(app.client_at("198.51.100.7").login_with("").await.header("ratelimit-remaining"), "4");
    };
    let (corrected, ()) = proxy.hold_during(correction, late.login_with(""), meanwhile).await;
    assert_eq!(corrected.header("ratelimit-remaining"), "3", "the request tried again");
    let next = app.on_another_instance().client_at("198.51.100.7").login_with("").await;
    assert_eq!(next.header("ratelimit-remaining"), "2");
}

#[tokio::test]
async fn malformed_requests_count_and_report_the_limit() {
    let app = TestApp::start().await;
    let client = app.client();
    let responses = [
        client.login_with("{}").await,
        client.login_with(&" ".repeat(5000)).await,
        client.clone().header("content-type", "text/plain").login_with("{}").await,
        client.login("ada@example.com", "wrong").await,
        client.login("ada@example.com", "enchantress").await,
        client.login_with("{}").await,
    ];
    let seen: Vec<_> = responses.iter().map(|it| (it.status, it.header("ratelimit-remaining"))).collect();
    assert_eq!(seen, [(400, "4"), (413, "3"), (415, "2"), (401, "1"), (200, "0"), (429, "0")]);

    let client = app.client().with_cookie("junk");
    assert_eq!(client.status().await.header("ratelimit-remaining"), "9");
    assert_eq!(client.status().await.header("ratelimit-remaining"), "8");
}

#[tokio::test]
async fn no_header_bypasses_a_limit() {
    let app = TestApp::start().await;
    for name in
        ["x-forwarded-for", "forwarded", "x-real-ip", "x-client-ip", "cf-connecting-ip", "true-client-ip"]
    {
        let client = app.client();
        for number in 0..5 {
            client.clone().header(name, &format!("198.51.100.{number}")).login_with("").await;
        }
        let sixth = client.header(name, "198.51.100.99").login_with("").await;
        assert_eq!(sixth.status, 429, "{name}");
    }
}

#[tokio::test]
async fn quotas_come_from_the_environment() {
    let app = TestApp::start_with(&[("LOGIN_QUOTA", "2/3600"), ("STATUS_QUOTA", "1/10")]).await;
    let client = app.client();
    assert_eq!(limits(&client.login_with("").await)[..2], ["\"login\";q=2;w=3600", "\"login\";r=1;t=1800"]);
    assert_eq!(limits(&client.status().await)[..2], ["\"status\";q=1;w=10", "\"status\";r=0;t=10"]);
    assert_eq!(client.status().await.status, 429);
}
