//! Requests from pages of another site or another origin.

use crate::browser::Browser;
use crate::{start, start_with};
use axum::Router;
use axum::response::Html;
use local::Server;
use serde_json::json;
use tokio::net::TcpListener;

/// Serves a page at `http://127.0.0.1`, which is a different site from `http://localhost`. The page's form sends its
/// one field as plain text, which is a valid login body. Returns the page's URL.
async fn another_site(server: &Server) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let page = format!(
        r#"<!doctype html><form method="post" enctype="text/plain" action="{}/sessions/">
           <input name='{{"email":"test@tozo.invalid","password":"password","x":"' value='"}}'>
           <button>Win</button></form>"#,
        server.url()
    );
    let router = Router::new().fallback(async move || Html(page.clone()));
    tokio::spawn(async { axum::serve(listener, router).await });
    url
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_login_by_a_form_of_another_site_is_refused() {
    let server = start().await;
    let browser = Browser::start().await;
    browser.driver.goto(another_site(&server).await).await.unwrap();
    browser.find("button").await.click().await.unwrap();
    let address = format!("{}/sessions/", server.url());
    browser
        .wait_until("the response", async || browser.driver.current_url().await.unwrap().as_str() == address)
        .await;
    assert!(browser.text("body").await.contains("CROSS_SITE"));
    browser.open(&server, "/").await;
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "Nobody is logged in.");
    assert!(browser.cookies().await.is_empty());
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_page_of_an_allowed_origin_reads_who_is_logged_in() {
    let other = start().await;
    let server = start_with(&[("ALLOWED_ORIGINS", other.url())]).await;
    let browser = Browser::at(&server).await;
    browser.log_in().await;
    browser.open(&other, "/nothing").await; // a page without a Content-Security-Policy
    let program = include_str!("../../../../docs/programs/across_origins.js");
    let program = program.replace("http://localhost:9000", server.url());
    let content = browser.run(&format!("return (async () => {{ {program} return answer.json() }})()")).await;
    assert_eq!(content, json!({ "memberId": 1 }));
}
