//! The local server behind a real nginx, with the recipe of `docs/trusted-proxy.md`.

mod nginx;
mod upstream;
mod viewer;

use crate::browser::{Browser, Profile};
use crate::chromedriver::Chromedriver;
use crate::website::{log_in_with, says};
use nginx::Nginx;
use thirtyfour::common::cookie::SameSite;
use upstream::Upstream;
use viewer::Viewer;

/// The limit of one viewer is used up by two requests, and stays so for as long as the test runs.
const STATUS_QUOTA: (&str, &str) = ("STATUS_QUOTA", "2/36000");

#[tokio::test]
async fn each_viewer_has_limits_of_its_own() {
    if !nginx::is_there() {
        return;
    }
    let upstream = Upstream::start("limits", &[STATUS_QUOTA]).await;
    let nginx = Nginx::start(&upstream).await;
    let (one, other) = (Viewer::at("127.0.0.2", &nginx), Viewer::at("127.0.0.3", &nginx));
    for (viewer, status, remaining) in
        [(&one, 401, "1"), (&one, 401, "0"), (&one, 429, "0"), (&other, 401, "1"), (&one, 429, "0")]
    {
        let answer = viewer.send("GET", &[]).await;
        assert_eq!((answer.status, answer.header("ratelimit-remaining")), (status, remaining));
    }
}

#[tokio::test]
async fn what_a_viewer_forges_is_overwritten() {
    if !nginx::is_there() {
        return;
    }
    let upstream = Upstream::start("forged", &[STATUS_QUOTA]).await;
    let nginx = Nginx::start(&upstream).await;
    let viewer = Viewer::at("127.0.0.2", &nginx);
    let statuses = async |headers: [(&'static str, &str); 2]| {
        let [first, second] = [viewer.send("GET", &headers).await, viewer.send("GET", &headers).await];
        [first.status, second.status]
    };
    let doubled = [("x-proxy-client-ip", "203.0.113.1"), ("x-proxy-client-ip", "203.0.113.2")];
    assert_eq!(statuses(doubled).await, [401, 401]);
    let elsewhere = [("x-proxy-client-ip", "203.0.113.3"), ("x-forwarded-for", "203.0.113.3")];
    assert_eq!(statuses(elsewhere).await, [429, 429], "the viewer's own address is counted");
    let secret = [("x-proxy-secret", "forged"), ("x-real-ip", "203.0.113.4")];
    assert_eq!(statuses(secret).await, [429, 429], "nginx replaces the secret, or this would be 403");

    let log_out =
        async |origin| viewer.send("DELETE", &[("x-proxy-host", "evil.test"), ("origin", origin)]).await;
    assert_eq!(log_out("https://evil.test").await.code(), "CROSS_SITE");
    assert_eq!(log_out("https://www.example.org").await.status, 200, "the host that the viewer asked for");
}

#[tokio::test]
async fn a_call_around_nginx_is_refused() {
    let upstream = Upstream::start("around", &[]).await;
    for secret in ["", "x-proxy-secret: forged\r\n", "x-proxy-client-ip: 203.0.113.1\r\n"] {
        let answer = upstream.call(secret).await;
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("PROXY_REQUIRED"), "{answer}");
    }
}

#[tokio::test]
async fn nginx_sends_the_secret_to_no_server_that_it_does_not_know() {
    if !nginx::is_there() {
        return;
    }
    let (upstream, other) = (Upstream::start("known", &[]).await, Upstream::start("unknown", &[]).await);
    for (certificate, status) in [(upstream.certificate(), 401), (other.certificate(), 502)] {
        let nginx = Nginx::start_trusting(&upstream, certificate).await;
        assert_eq!(Viewer::at("127.0.0.2", &nginx).send("GET", &[]).await.status, status);
    }
}

#[tokio::test]
async fn a_member_logs_in_through_nginx() {
    let (true, Some(chromedriver)) = (nginx::is_there(), Chromedriver::start()) else { return };
    let (upstream, profile) = (Upstream::start("browser", &[]).await, Profile::new("nginx"));
    let nginx = Nginx::start(&upstream).await;
    let browser = Browser::start(&chromedriver, &profile).await;
    browser.0.goto(format!("{}/login/", nginx.url())).await.unwrap();
    log_in_with(&browser, "test@tozo.invalid", "not it").await;
    says(&browser, "#problem", "No account has this email and this password.").await;
    log_in_with(&browser, "test@tozo.invalid", "password").await;
    says(&browser, "#state", "You are logged in as member 1.").await;
    let cookies = browser.cookies().await;
    assert_eq!(cookies.len(), 2, "the session and the device");
    assert!(cookies.iter().all(|it| it.secure == Some(true) && it.same_site == Some(SameSite::Strict)));
    browser.find("#logout").await.click().await.unwrap();
    says(&browser, "#state", "You are logged out.").await;
    browser.quit().await;
}
