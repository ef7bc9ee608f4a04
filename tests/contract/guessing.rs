//! Password guessing against one account, from many addresses.

use futures_util::future::join_all;
use std::time::Duration;
use tests::fault_proxy::{Call, Fault, Times};
use tests::{COOKIE, DEVICE_COOKIE, Response, TestApp};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86400);

/// The refill interval of an untrusted bucket: 64 windows of 3600 seconds for 10 permits.
const UNTRUSTED_INTERVAL: Duration = Duration::from_secs(23_040);

/// Makes ten wrong guesses for `email` from ten addresses of one network. This empties one bucket.
async fn guess_ten_times(app: &TestApp, email: &str) {
    for _ in 0..10 {
        assert!(app.client().login(email, "wrong").await.is(401, "INVALID_CREDENTIALS"));
    }
}

/// Checks that a login with this device cookie is refused while the bucket of untrusted clients is empty.
async fn is_not_trusted(app: &TestApp, device: &Response) {
    guess_ten_times(app, "ada@example.com").await;
    let client = app.client().with_device_of(device);
    assert_eq!(client.login("ada@example.com", "enchantress").await.status, 429);
}

async fn login(app: &TestApp) -> Response {
    app.client().login("ada@example.com", "enchantress").await
}

#[tokio::test]
async fn one_network_gets_ten_simultaneous_guesses() {
    let app = TestApp::start().await;
    let clients: Vec<_> = (0..20).map(|_| app.client()).collect();
    let responses = join_all(clients.iter().map(|client| client.login("ada@example.com", "wrong"))).await;
    let count = |status| responses.iter().filter(|response| response.status == status).count();
    assert_eq!((count(401), count(429)), (10, 10));
}

#[tokio::test]
async fn an_empty_bucket_refuses_before_the_password_is_checked() {
    let app = TestApp::start().await;
    guess_ten_times(&app, "ada@example.com").await;
    let before = app.rounds();
    for password in ["wrong", "enchantress"] {
        let refused = app.client().login("Ada@Example.COM", password).await;
        assert!(refused.is(429, "TOO_MANY_REQUESTS"), "{password}");
        assert_eq!(refused.header("retry-after"), "360", "the same as for a trusted device");
        assert_eq!(refused.problem()["violated-policies"], serde_json::json!(["login"]));
        assert!(refused.cookies.is_empty());
    }
    assert_eq!(app.rounds(), before);

    app.advance(UNTRUSTED_INTERVAL - MINUTE);
    let refused = login(&app).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "360"), "the wait does not shrink");
    app.advance(MINUTE);
    assert_eq!(login(&app).await.status, 200);
}

#[tokio::test]
async fn unknown_and_disabled_members_are_limited_the_same_way() {
    let app = TestApp::start().await;
    app.add_member("carol@example.com", "charmer").await;
    app.disable("carol@example.com").await;
    for _ in 0..12 {
        let known = app.client().login("ada@example.com", "wrong").await;
        for other in ["nobody@example.com", "carol@example.com"] {
            assert_eq!(app.client().login(other, "wrong").await, known, "{other}");
        }
        assert_eq!(known.header("ratelimit"), "\"login\";r=4;t=12");
    }
}

#[tokio::test]
async fn a_trusted_device_has_its_own_bucket() {
    let app = TestApp::start().await;
    let mut trusted = login(&app).await;
    guess_ten_times(&app, "ada@example.com").await;
    assert_eq!(login(&app).await.status, 429, "a browser that is not trusted");
    for _ in 0..12 {
        trusted = app.client().with_device_of(&trusted).login("ada@example.com", "enchantress").await;
        assert_eq!(trusted.status, 200, "a success gives its permit back");
    }
    for _ in 0..10 {
        let wrong = app.client().with_device_of(&trusted).login("ada@example.com", "wrong").await;
        assert_eq!(wrong.status, 401);
    }
    let refused = app.client().with_device_of(&trusted).login("ada@example.com", "enchantress").await;
    assert!(refused.is(429, "TOO_MANY_REQUESTS"));
    assert_eq!(refused.header("retry-after"), "360");
}

#[tokio::test]
async fn a_device_that_logs_in_again_keeps_its_bucket() {
    let app = TestApp::start().await;
    let mut device = login(&app).await;
    for _ in 0..2 {
        for _ in 0..4 {
            let guess = app.client().with_device_of(&device).login("ada@example.com", "wrong").await;
            assert_eq!(guess.status, 401);
        }
        device = app.client().with_device_of(&device).login("ada@example.com", "enchantress").await;
        assert_eq!(device.status, 200);
    }
    for status in [401, 401, 429] {
        let guess = app.client().with_device_of(&device).login("ada@example.com", "wrong").await;
        assert_eq!(guess.status, status, "ten guesses in total");
    }
}

#[tokio::test]
async fn a_refund_whose_response_is_lost_gives_one_permit_back() {
    let app = TestApp::start().await;
    let proxy = app.fault_proxy();
    // Only the refund contains this expression.
    proxy.disturb(Call("UpdateItem", "SET tat = tat - :interval"), Fault::Lost, Times::Always);
    assert_eq!(app.through(&proxy).client().login("ada@example.com", "enchantress").await.status, 200);
    let refunds = proxy.take_exchanges().into_iter().filter(|it| it.request.contains("tat - :interval"));
    assert_eq!(refunds.count(), 1, "it is not repeated");
    guess_ten_times(&app, "ada@example.com").await;
    assert_eq!(app.client().login("ada@example.com", "wrong").await.status, 429);
}

#[tokio::test]
async fn a_change_of_the_member_ends_the_trust_in_devices_and_resets_all_buckets() {
    for change in ["password", "disable and enable"] {
        let app = TestApp::start().await;
        let device = login(&app).await;
        guess_ten_times(&app, "ada@example.com").await;
        if change == "password" {
            app.set_password("ada@example.com", "enchantress").await;
        } else {
            app.disable("ada@example.com").await;
            app.enable("ada@example.com").await;
        }
        // The device is no longer trusted, so its attempts empty the new bucket of its network.
        for _ in 0..10 {
            let old = app.client().with_device_of(&device);
            assert_eq!(old.login("ada@example.com", "wrong").await.status, 401, "{change}");
        }
        assert_eq!(login(&app).await.status, 429, "{change}");
    }
}

#[tokio::test]
async fn revoking_all_sessions_leaves_devices_trusted() {
    let app = TestApp::start().await;
    let device = login(&app).await;
    app.end_sessions("ada@example.com").await;
    let everywhere = app.client().with_session_of(&login(&app).await).logout_everywhere().await;
    assert_eq!(everywhere.status, 200);
    guess_ten_times(&app, "ada@example.com").await;
    let trusted = app.client().with_device_of(&device);
    assert_eq!(trusted.login("ada@example.com", "enchantress").await.status, 200);
}

#[tokio::test]
async fn the_device_of_another_account_is_not_trusted() {
    let app = TestApp::start().await;
    app.add_member("bob@example.com", "builder").await;
    let bob = app.client().login("bob@example.com", "builder").await;
    is_not_trusted(&app, &bob).await;
}

#[tokio::test]
async fn the_device_of_a_removed_member_is_not_trusted_for_the_next_member_with_that_email() {
    let app = TestApp::start().await;
    let device = login(&app).await;
    app.remove("ada@example.com").await;
    app.add_member("ada@example.com", "enchantress").await;
    is_not_trusted(&app, &device).await;
}

/// The test restores the item from a backup and sets the password as often as before. A counter instead of a random
/// generation would return to its earlier value.
#[tokio::test]
async fn no_device_from_before_a_restore_is_trusted() {
    let app = TestApp::start().await;
    let backup = app.items("MembersTable").await;
    app.set_password("ada@example.com", "enchantress").await;
    let device = login(&app).await;
    for item in &backup {
        app.put("MembersTable", item).await;
    }
    app.set_password("ada@example.com", "enchantress").await;
    is_not_trusted(&app, &device).await;
}

#[tokio::test]
async fn a_refused_client_takes_no_permit_of_an_account() {
    let app = TestApp::start().await;
    let client = app.client();
    for _ in 0..50 {
        client.login("ada@example.com", "wrong").await;
    }
    for _ in 0..5 {
        assert_eq!(app.client().login("ada@example.com", "wrong").await.status, 401);
    }
    assert_eq!(login(&app).await.status, 429);
}

#[tokio::test]
async fn a_session_cookie_and_a_device_cookie_are_not_interchangeable() {
    let app = TestApp::start().await;
    let response = login(&app).await;
    let (session, device) = (response.session_cookie(), response.cookie(DEVICE_COOKIE));
    for cookies in
        [format!("{COOKIE}={device}"), format!("{DEVICE_COOKIE}={session}; {DEVICE_COOKIE}={device}")]
    {
        assert!(app.client().with_cookies(&cookies).status().await.is(401, "NOT_AUTHENTICATED"));
    }
    guess_ten_times(&app, "ada@example.com").await;
    for (case, cookies) in [
        ("a session", format!("{DEVICE_COOKIE}={session}")),
        ("two", format!("{DEVICE_COOKIE}={device}; {DEVICE_COOKIE}={device}")),
        ("changed", format!("{DEVICE_COOKIE}={}", flip(&device))),
    ] {
        let client = app.client().with_cookies(&cookies);
        assert_eq!(client.login("ada@example.com", "enchantress").await.status, 429, "{case}");
    }
}

/// The same text with a different last character.
fn flip(value: &str) -> String {
    let (rest, last) = value.split_at(value.len() - 1);
    format!("{rest}{}", if last == "A" { "B" } else { "A" })
}

#[tokio::test]
async fn a_device_is_trusted_for_180_days() {
    let app = TestApp::start().await;
    let response = login(&app).await;
    assert!(response.cookies[1].contains("; Max-Age=15552000"), "{}", response.cookies[1].len());
    for (days, status) in [(179, 200), (1, 429)] {
        app.advance(days * DAY);
        while app.client().login("ada@example.com", "wrong").await.status == 401 {}
        let device = app.client().with_device_of(&response);
        let login = device.login("ada@example.com", "enchantress").await;
        assert_eq!(login.status, status, "after {days} days more");
    }
}

#[tokio::test]
async fn buckets_do_not_name_accounts() {
    let app = TestApp::start().await;
    let device = login(&app).await;
    app.client().with_device_of(&device).login("ada@example.com", "wrong").await;
    let buckets = app.items("RateLimitsTable").await;
    let names: Vec<_> = buckets.iter().map(|item| item["bucket"].as_s().unwrap().as_str()).collect();
    for prefix in ["untrusted#", "device#"] {
        assert!(names.iter().any(|name| name.starts_with(prefix)), "{prefix}");
    }
    assert!(!names.iter().any(|name| name.contains('@')));
}
