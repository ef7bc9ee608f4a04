//! The local server behind real proxies, configured with the recipes in `docs/hosting-a-site.md`.

mod name_server;
mod proxy;
mod upstream;
mod viewer;

use crate::browser::Browser;
use crate::website::{log_in_with, says};
use name_server::NameServer;
use proxy::{Program, Proxy};
use std::net::Ipv4Addr;
use thirtyfour::common::cookie::SameSite;
use upstream::Upstream;
use viewer::Viewer;

/// Two requests exhaust the limit of a viewer, and the limit does not refill while the test runs.
const STATUS_QUOTA: (&str, &str) = ("STATUS_QUOTA", "2/36000");

async fn here() -> NameServer {
    NameServer::start(Some(Ipv4Addr::LOCALHOST)).await
}

#[tokio::test]
#[ignore = "needs nginx, Caddy and HAProxy"]
async fn each_viewer_has_its_own_limits() {
    for program in Program::ALL {
        let (upstream, names) = (Upstream::start(&[STATUS_QUOTA]).await, here().await);
        let proxy = Proxy::start(program, &upstream, &names).await;
        let (one, other) = (Viewer::at("127.0.0.2", &proxy), Viewer::at("127.0.0.3", &proxy));
        one.wait_for(&[401]).await;
        for (viewer, status, remaining) in
            [(&one, 401, "0"), (&one, 429, "0"), (&other, 401, "1"), (&one, 429, "0")]
        {
            let response = viewer.send("GET", &[]).await;
            assert_eq!(
                (response.status, response.header("ratelimit-remaining")),
                (status, remaining),
                "{program:?}"
            );
        }
    }
}

#[tokio::test]
#[ignore = "needs nginx, Caddy and HAProxy"]
async fn forged_headers_of_a_viewer_are_overwritten() {
    for program in Program::ALL {
        let (upstream, names) = (Upstream::start(&[STATUS_QUOTA]).await, here().await);
        let proxy = Proxy::start(program, &upstream, &names).await;
        let viewer = Viewer::at("127.0.0.2", &proxy);
        viewer.wait_for(&[401]).await;
        let doubled = [("x-proxy-client-ip", "203.0.113.1"), ("x-proxy-client-ip", "203.0.113.2")];
        assert_eq!(viewer.send("GET", &doubled).await.status, 401, "{program:?}");
        let elsewhere = [("x-proxy-client-ip", "203.0.113.3"), ("x-forwarded-for", "203.0.113.3")];
        assert_eq!(viewer.send("GET", &elsewhere).await.status, 429, "{program:?}: the viewer's own address");
        let secret = [("x-proxy-secret", "forged"), ("x-real-ip", "203.0.113.4")];
        assert_eq!(
            viewer.send("GET", &secret).await.status,
            429,
            "{program:?}: without a secret, this would be 403"
        );

        let log_out =
            async |origin| viewer.send("DELETE", &[("x-proxy-host", "evil.test"), ("origin", origin)]).await;
        assert_eq!(log_out("https://evil.test").await.code(), "CROSS_SITE", "{program:?}");
        assert_eq!(log_out("https://www.example.org").await.status, 200, "{program:?}: the viewer's host");
    }
}

#[tokio::test]
#[ignore = "needs nginx, Caddy and HAProxy"]
async fn an_untrusted_server_does_not_get_the_secret() {
    for program in Program::ALL {
        let (upstream, other) = (Upstream::start(&[]).await, Upstream::start(&[]).await);
        let names = here().await;
        let proxy = Proxy::start(program, &upstream, &names).await;
        Viewer::at("127.0.0.2", &proxy).wait_for(&[401]).await;
        let proxy = Proxy::start_trusting(program, &upstream, other.certificate(), &names).await;
        for _ in 0..3 {
            let status = Viewer::at("127.0.0.2", &proxy).send("GET", &[]).await.status;
            assert!(matches!(status, 502 | 503), "{program:?}: {status}");
        }
    }
}

#[tokio::test]
#[ignore = "needs nginx, Caddy and HAProxy"]
async fn the_api_can_move_to_another_address_and_its_name_need_not_resolve_at_the_start() {
    for program in Program::ALL {
        let upstream = Upstream::start(&[("STATUS_QUOTA", "100000/60")]).await;
        let names = NameServer::start(None).await;
        let proxy = Proxy::start(program, &upstream, &names).await;
        let viewer = Viewer::at("127.0.0.2", &proxy);
        viewer.wait_for(&[502, 503]).await;
        for address in [Ipv4Addr::new(127, 0, 0, 8), Ipv4Addr::new(127, 0, 0, 9)] {
            let moved = upstream.also_at(address).await;
            names.move_to(address);
            viewer.wait_for(&[401]).await;
            drop(moved);
        }
    }
}

#[tokio::test]
#[ignore = "needs Chromium, nginx and Caddy"]
async fn a_member_logs_in_through_a_proxy() {
    // HAProxy serves no files, so it has no page.
    for program in [Program::Nginx, Program::Caddy] {
        let (upstream, names) = (Upstream::start(&[]).await, here().await);
        let proxy = Proxy::start(program, &upstream, &names).await;
        let browser = Browser::start().await;
        browser.driver.goto(format!("{}/login/", proxy.url())).await.unwrap();
        log_in_with(&browser, "test@tozo.invalid", "not it").await;
        says(&browser, "#problem", "No account has this email and this password.").await;
        log_in_with(&browser, "test@tozo.invalid", "password").await;
        says(&browser, "#state", "You are logged in as member 1.").await;
        let cookies = browser.cookies().await;
        assert_eq!(cookies.len(), 2, "the session and the device");
        assert!(cookies.iter().all(|it| it.secure == Some(true) && it.same_site == Some(SameSite::Strict)));
        browser.find("#logout").await.click().await.unwrap();
        says(&browser, "#state", "You are logged out.").await;
    }
}
