//! How a browser treats the cookies.

use crate::browser::Browser;
use crate::start;
use serde_json::json;

const SESSION: &str = "__Host-Http-session";

#[tokio::test]
#[ignore = "needs Chromium"]
async fn the_session_is_kept_across_a_reload_and_no_script_sees_its_cookie() {
    let server = start().await;
    let browser = Browser::at(&server).await;
    browser.log_in().await;

    let cookies = browser.cookies().await;
    let session = cookies.iter().find(|cookie| cookie.name == SESSION).unwrap();
    assert_eq!((session.http_only, session.secure), (Some(true), Some(true)));
    assert_eq!(browser.run("return document.cookie").await, json!(""));
    assert!(!browser.text("#headers").await.contains("set-cookie"));

    browser.driver.refresh().await.unwrap();
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "You are member 1.");
    assert_eq!(browser.text("#body").await, r#"{"memberId":1}"#);
    browser.press("#logout").await;
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "Nobody is logged in.");
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_browser_that_stores_no_cookie_is_told_to_use_https() {
    let server = start().await;
    let browser = Browser::at(&server).await;
    browser.log_in().await;
    browser.driver.delete_all_cookies().await.unwrap(); // like Safari, which stores no cookie from http://localhost
    browser.press("#status").await;
    assert!(browser.text("#verdict").await.ends_with("Start the server with cargo run -- --https."));
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "Nobody is logged in.");
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_restart_ends_the_session_unless_it_was_to_be_remembered() {
    let server = start().await;
    let mut browser = Browser::at(&server).await;
    browser.log_in().await;
    browser.restart().await;
    browser.open(&server, "/").await;
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "Nobody is logged in.");
    browser.log_in_and_be_remembered().await;
    browser.restart().await;
    browser.open(&server, "/").await;
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "You are member 1.");
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_script_cannot_set_the_session_cookie() {
    let server = start().await;
    let browser = Browser::at(&server).await;
    for name in [SESSION, "__Host-planted"] {
        let line = format!("document.cookie = '{name}=x; Path=/; Secure; SameSite=Strict'");
        browser.run(&line).await;
    }
    let names: Vec<_> = browser.cookies().await.into_iter().map(|cookie| cookie.name).collect();
    assert_eq!(names, ["__Host-planted"]);
}
