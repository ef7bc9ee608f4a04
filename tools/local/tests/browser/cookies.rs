//! What a browser does with the cookies.

use crate::browser::{Browser, Profile};
use crate::chromedriver::Chromedriver;
use crate::start;
use serde_json::json;

const SESSION: &str = "__Host-Http-session";

#[tokio::test]
#[ignore = "needs Chromium"]
async fn the_session_is_kept_across_a_reload_and_no_script_sees_its_cookie() {
    let chromedriver = Chromedriver::start();
    let (server, profile) = (start().await, Profile::new("reload"));
    let browser = Browser::start(&chromedriver, &profile).await;
    browser.open(&server).await;
    browser.log_in().await;

    let cookies = browser.cookies().await;
    let session = cookies.iter().find(|cookie| cookie.name == SESSION).unwrap();
    assert_eq!((session.http_only, session.secure), (Some(true), Some(true)));
    assert_eq!(browser.run("return document.cookie").await, json!(""));
    assert!(!browser.text("#headers").await.contains("set-cookie"));

    browser.0.refresh().await.unwrap();
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "You are member 1.");
    assert_eq!(browser.text("#body").await, r#"{"memberId":1}"#);
    browser.press("#logout").await;
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "Nobody is logged in.");
    browser.quit().await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_browser_that_keeps_no_cookie_is_told_to_use_https() {
    let chromedriver = Chromedriver::start();
    let (server, profile) = (start().await, Profile::new("no-cookie"));
    let browser = Browser::start(&chromedriver, &profile).await;
    browser.open(&server).await;
    browser.log_in().await;
    browser.0.delete_all_cookies().await.unwrap(); // as Safari does, which keeps none from here
    browser.press("#status").await;
    assert!(browser.text("#verdict").await.ends_with("Start the server with cargo run -- --https."));
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "Nobody is logged in.");
    browser.quit().await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_restart_ends_the_session_unless_it_was_to_be_remembered() {
    let chromedriver = Chromedriver::start();
    let (server, profile) = (start().await, Profile::new("restart"));
    let browser = Browser::start(&chromedriver, &profile).await;
    browser.open(&server).await;
    browser.log_in().await;
    browser.quit().await;

    let browser = Browser::start(&chromedriver, &profile).await;
    browser.open(&server).await;
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "Nobody is logged in.");
    browser.log_in_and_be_remembered().await;
    browser.quit().await;

    let browser = Browser::start(&chromedriver, &profile).await;
    browser.open(&server).await;
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "You are member 1.");
    browser.quit().await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_script_cannot_set_the_session_cookie() {
    let chromedriver = Chromedriver::start();
    let (server, profile) = (start().await, Profile::new("script"));
    let browser = Browser::start(&chromedriver, &profile).await;
    browser.open(&server).await;
    for name in [SESSION, "__Host-planted"] {
        let line = format!("document.cookie = '{name}=x; Path=/; Secure; SameSite=Strict'");
        browser.run(&line).await;
    }
    let names: Vec<_> = browser.cookies().await.into_iter().map(|cookie| cookie.name).collect();
    assert_eq!(names, ["__Host-planted"]);
    browser.quit().await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn log_out_everywhere_ends_the_session_in_a_second_browser() {
    let chromedriver = Chromedriver::start();
    let (server, here, there) = (start().await, Profile::new("here"), Profile::new("there"));
    let here = Browser::start(&chromedriver, &here).await;
    let there = Browser::start(&chromedriver, &there).await;
    for browser in [&here, &there] {
        browser.open(&server).await;
        browser.log_in().await;
    }
    here.press("#logout").await;
    there.press("#status").await;
    assert_eq!(there.text("#verdict").await, "You are member 1.");

    here.log_in().await;
    here.press("#logout-all").await;
    assert_eq!(here.text("#verdict").await, "You are logged out, everywhere.");
    there.press("#status").await;
    assert_eq!(there.text("#verdict").await, "Nobody is logged in.");
    here.quit().await;
    there.quit().await;
}
