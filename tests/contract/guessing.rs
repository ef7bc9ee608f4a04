//! LoginThrottle against one account from many addresses.

use std::time::Duration;
use tests::{Answer, COOKIE, DEVICE_COOKIE, TestApp};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86400);

/// Ten wrong guesses at `email`, each from an address of its own.
async fn guess_ten_times(app: &TestApp, email: &str) {
    for _ in 0..10 {
        assert!(app.client().login(email, "wrong").await.is(401, "INVALID_CREDENTIALS"));
    }
}

async fn login(app: &TestApp) -> Answer {
    app.client().login("ada@example.com", "enchantress").await
}

#[tokio::test]
async fn ten_wrong_guesses_from_ten_addresses_stop_the_eleventh() {
    let app = TestApp::start().await;
    guess_ten_times(&app, "ada@example.com").await;
    let before = app.rounds();
    for password in ["wrong", "enchantress"] {
        let refused = app.client().login("Ada@Example.COM", password).await;
        assert!(refused.is(429, "TOO_MANY_REQUESTS"), "{password}: it is checked before the password");
        assert_eq!(refused.header("retry-after"), "360");
        assert_eq!(refused.problem()["violated-policies"], serde_json::json!(["login"]));
        assert!(refused.cookies.is_empty());
    }
    assert_eq!(app.rounds(), before);

    app.advance(6 * MINUTE);
    assert_eq!(login(&app).await.status, 200);
    assert_eq!(login(&app).await.status, 429, "a success gives nothing back");
}

#[tokio::test]
async fn unknown_emails_are_held_off_alike_and_the_clients_headers_tell_nothing() {
    let app = TestApp::start().await;
    for _ in 0..12 {
        let known = app.client().login("ada@example.com", "wrong").await;
        let unknown = app.client().login("nobody@example.com", "wrong").await;
        assert_eq!(known, unknown);
        assert_eq!(known.header("ratelimit"), "\"login\";r=4;t=12");
    }
}

#[tokio::test]
async fn the_owners_browser_still_logs_in() {
    let app = TestApp::start().await;
    let first = login(&app).await;
    guess_ten_times_but_one(&app).await;
    assert_eq!(login(&app).await.status, 429, "a browser that is not known");

    let mut known = first;
    for _ in 0..10 {
        known = app.client().with_device_of(&known).login("ada@example.com", "enchantress").await;
        assert_eq!(known.status, 200);
    }
    let refused = app.client().with_device_of(&known).login("ada@example.com", "enchantress").await;
    assert!(refused.is(429, "TOO_MANY_REQUESTS"), "the device has a bucket of the same size, and keeps it");
    assert_eq!(refused.header("retry-after"), "360");
}

/// The owner's own login took the tenth.
async fn guess_ten_times_but_one(app: &TestApp) {
    for _ in 0..9 {
        app.client().login("ada@example.com", "wrong").await;
    }
}

#[tokio::test]
async fn another_accounts_device_helps_nothing() {
    let app = TestApp::start().await;
    app.add_member("bob@example.com", "builder").await;
    let bob = app.client().login("bob@example.com", "builder").await;
    guess_ten_times(&app, "ada@example.com").await;
    let with_bobs = app.client().with_device_of(&bob);
    assert_eq!(with_bobs.login("ada@example.com", "enchantress").await.status, 429);
    assert_eq!(with_bobs.login("bob@example.com", "builder").await.status, 200);
}

#[tokio::test]
async fn a_client_without_tokens_of_its_own_drains_no_account() {
    let app = TestApp::start().await;
    let client = app.client();
    for _ in 0..50 {
        client.login("ada@example.com", "wrong").await;
    }
    for _ in 0..5 {
        assert_eq!(login(&app).await.status, 200);
    }
    assert_eq!(login(&app).await.status, 429);
}

#[tokio::test]
async fn a_bad_body_is_a_guess_at_nobody() {
    let app = TestApp::start().await;
    for _ in 0..20 {
        app.client().login_with(r#"{"email":"ada@example.com"}"#).await;
    }
    assert_eq!(login(&app).await.status, 200);
}

#[tokio::test]
async fn a_device_is_no_session_and_a_session_no_device() {
    let app = TestApp::start().await;
    let answer = login(&app).await;
    let (session, device) = (answer.session_cookie(), answer.cookie(DEVICE_COOKIE));
    for cookies in
        [format!("{COOKIE}={device}"), format!("{DEVICE_COOKIE}={session}; {DEVICE_COOKIE}={device}")]
    {
        assert!(app.client().with_cookies(&cookies).status().await.is(401, "NOT_AUTHENTICATED"));
    }
    guess_ten_times_but_one(&app).await;
    for (case, cookies) in [
        ("a session", format!("{DEVICE_COOKIE}={session}")),
        ("two", format!("{DEVICE_COOKIE}={device}; {DEVICE_COOKIE}={device}")),
        ("changed", format!("{DEVICE_COOKIE}={}", flip(&device))),
    ] {
        let client = app.client().with_cookies(&cookies);
        assert_eq!(client.login("ada@example.com", "enchantress").await.status, 429, "{case}");
    }
}

/// The same with another last character.
fn flip(value: &str) -> String {
    let (rest, last) = value.split_at(value.len() - 1);
    format!("{rest}{}", if last == "A" { "B" } else { "A" })
}

#[tokio::test]
async fn a_device_is_known_for_180_days() {
    let app = TestApp::start().await;
    let answer = login(&app).await;
    assert!(answer.cookies[1].contains("; Max-Age=15552000"), "{}", answer.cookies[1].len());
    for (days, status) in [(179, 200), (1, 429)] {
        app.advance(days * DAY);
        guess_ten_times(&app, "ada@example.com").await;
        let known = app.client().with_device_of(&answer);
        assert_eq!(
            known.login("ada@example.com", "enchantress").await.status,
            status,
            "after {days} days more"
        );
    }
}

#[tokio::test]
async fn accounts_are_nowhere_in_the_table_by_name() {
    let app = TestApp::start().await;
    login(&app).await;
    let buckets = app.database().scan().table_name("RateLimitsTable").send().await.unwrap();
    let names: Vec<_> = buckets.items().iter().map(|item| item["bucket"].as_s().unwrap().as_str()).collect();
    assert!(names.iter().any(|name| name.starts_with("account#")), "{}", names.len());
    assert!(!names.iter().any(|name| name.contains("ada")));
}
