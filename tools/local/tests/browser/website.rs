//! The pages of `examples/website`, on the same origin as the API.

use crate::browser::{Browser, Profile};
use crate::chromedriver::Chromedriver;
use crate::looks::{picture_in, prefer, resize};
use crate::start_with_arguments;
use local::Server;
use serde_json::json;
use std::path::Path;
use thirtyfour::prelude::*;

/// The local server with the example's site, and these variables.
async fn start(variables: &[(&str, &str)]) -> Server {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/website/site");
    start_with_arguments(&["--site", site.to_str().unwrap()], variables).await
}

async fn open(browser: &Browser, server: &Server, path: &str) {
    browser.0.goto(format!("{}{path}", server.url())).await.unwrap();
}

/// Fills in the form and sends it, as a person does.
pub(crate) async fn log_in_with(browser: &Browser, email: &str, password: &str) {
    for (field, text) in [("#email", email), ("#password", password)] {
        let field = browser.find(field).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }
    browser.find("#submit").await.click().await.unwrap();
}

/// Waits until the element shows these words.
pub(crate) async fn says(browser: &Browser, selector: &str, words: &str) {
    let said = async || browser.0.find(By::Css(selector)).await.ok()?.text().await.ok();
    browser.wait_until(words, async || said().await.is_some_and(|text| text.contains(words))).await;
}

async fn log_in(browser: &Browser, server: &Server) {
    open(browser, server, "/login/").await;
    log_in_with(browser, "test@tozo.invalid", "password").await;
    says(browser, "#state", "You are logged in as member 1.").await;
}

async fn focused(browser: &Browser) -> serde_json::Value {
    browser.run("return document.activeElement.id").await
}

#[tokio::test]
async fn a_member_logs_in_sees_who_is_logged_in_and_logs_out() {
    let Some(chromedriver) = Chromedriver::start() else { return };
    let (server, profile) = (start(&[]).await, Profile::new("website"));
    let browser = Browser::start(&chromedriver, &profile).await;
    open(&browser, &server, "/").await;
    says(&browser, "#state", "You are not logged in.").await;
    browser.find("#visitor a").await.click().await.unwrap();
    says(&browser, "h1", "Log in").await;
    assert_eq!(focused(&browser).await, json!("email"));
    log_in_with(&browser, "test@tozo.invalid", "password").await;
    says(&browser, "#state", "You are logged in as member 1.").await;
    let address = browser.0.current_url().await.unwrap();
    assert_eq!((address.path(), address.query()), ("/", None), "no password in an address");

    browser.find("#logout").await.click().await.unwrap();
    says(&browser, "#state", "You are logged out.").await;
    assert_eq!(focused(&browser).await, json!("title"), "the button that had the focus is gone");
    browser.0.refresh().await.unwrap();
    says(&browser, "#state", "You are not logged in.").await;
    browser.quit().await;
}

#[tokio::test]
async fn a_wrong_password_is_said_in_words_and_the_keyboard_is_where_it_goes_on() {
    let Some(chromedriver) = Chromedriver::start() else { return };
    let (server, profile) = (start(&[]).await, Profile::new("website-wrong"));
    let browser = Browser::start(&chromedriver, &profile).await;
    open(&browser, &server, "/login/").await;
    browser.find("#submit").await.click().await.unwrap();
    says(&browser, "#problem", "Please write your email.").await;
    assert_eq!(focused(&browser).await, json!("email"));
    for email in ["test@tozo.invalid", "nobody@tozo.invalid"] {
        log_in_with(&browser, email, "not it").await;
        says(&browser, "#problem[role=alert]", "No account has this email and this password.").await;
        assert_eq!(focused(&browser).await, json!("password"));
        let invalid = browser.find("#password").await.attr("aria-invalid").await.unwrap();
        assert_eq!(invalid.as_deref(), Some("true"));
    }
    browser.0.action_chain().send_keys("password").perform().await.unwrap(); // over what is selected
    log_in_with(&browser, "test@tozo.invalid", "password").await;
    says(&browser, "#state", "You are logged in as member 1.").await;
    browser.quit().await;
}

#[tokio::test]
async fn a_short_wait_is_counted_down_and_then_the_login_works() {
    let Some(chromedriver) = Chromedriver::start() else { return };
    let (server, profile) = (start(&[("LOGIN_QUOTA", "1/4")]).await, Profile::new("website-short"));
    let browser = Browser::start(&chromedriver, &profile).await;
    open(&browser, &server, "/login/").await;
    log_in_with(&browser, "test@tozo.invalid", "not it").await;
    says(&browser, "#problem", "No account has").await;
    log_in_with(&browser, "test@tozo.invalid", "password").await;
    says(&browser, "#problem", "There were too many attempts.").await;
    says(&browser, "#wait", "second").await;
    let aloud = browser.run("return document.querySelector('[role=alert] #aloud').textContent").await;
    assert!(aloud.as_str().unwrap().starts_with("You can try again in "), "{aloud}");
    assert!(!browser.find("#help").await.is_displayed().await.unwrap(), "a short wait needs no help");
    says(&browser, "#problem", "You can try again now.").await;
    assert_eq!(focused(&browser).await, json!("submit"));
    log_in_with(&browser, "test@tozo.invalid", "password").await;
    says(&browser, "#state", "You are logged in as member 1.").await;
    browser.quit().await;
}

#[tokio::test]
async fn a_long_wait_offers_what_helps_and_another_account_can_still_log_in() {
    let Some(chromedriver) = Chromedriver::start() else { return };
    let quotas = [("LOGIN_QUOTA", "100/60"), ("ACCOUNT_QUOTA", "1/360")];
    let (server, profile) = (start(&quotas).await, Profile::new("website-long"));
    let browser = Browser::start(&chromedriver, &profile).await;
    resize(&browser, 1100, 900).await;
    prefer(&browser, "light").await;
    open(&browser, &server, "/login/").await;
    picture_in(&browser, "examples/website/screenshots", "login.png").await;
    log_in_with(&browser, "test@tozo.invalid", "not it").await;
    says(&browser, "#problem", "No account has").await;
    log_in_with(&browser, "test@tozo.invalid", "not it").await;
    says(&browser, "#problem", "too many attempts to log in to this account").await;
    says(&browser, "#wait", "Wait ").await;
    says(&browser, "#help", "A browser in which you logged in to this account before").await;
    says(&browser, "#help", "Ask for a new password").await;
    picture_in(&browser, "examples/website/screenshots", "limited.png").await;

    log_in_with(&browser, "other@tozo.invalid", "not it").await;
    says(&browser, "#problem", "No account has").await;
    assert!(!browser.find("#help").await.is_displayed().await.unwrap());
    browser.quit().await;
}

#[tokio::test]
async fn log_out_everywhere_ends_the_session_of_the_other_browser() {
    let Some(chromedriver) = Chromedriver::start() else { return };
    let (server, here, there) =
        (start(&[]).await, Profile::new("website-here"), Profile::new("website-there"));
    let here = Browser::start(&chromedriver, &here).await;
    let there = Browser::start(&chromedriver, &there).await;
    for browser in [&here, &there] {
        log_in(browser, &server).await;
    }
    here.find("#logout-all").await.click().await.unwrap();
    says(&here, "#state", "You are logged out everywhere.").await;
    there.0.refresh().await.unwrap();
    says(&there, "#state", "You are not logged in.").await;
    here.quit().await;
    there.quit().await;
}

#[tokio::test]
async fn the_pages_fit_a_narrow_screen_and_are_dark_where_the_person_prefers_it() {
    let Some(chromedriver) = Chromedriver::start() else { return };
    let (server, profile) = (start(&[]).await, Profile::new("website-narrow"));
    let browser = Browser::start(&chromedriver, &profile).await;
    resize(&browser, 320, 640).await;
    prefer(&browser, "dark").await;
    for path in ["/login/", "/"] {
        open(&browser, &server, path).await;
        says(&browser, "h1", "").await;
        let width = browser.run("return document.documentElement.scrollWidth").await;
        assert_eq!(width, json!(320), "{path}");
        let paper = browser.run("return getComputedStyle(document.documentElement).backgroundColor").await;
        assert_eq!(paper, json!("rgb(21, 23, 26)"), "{path}");
    }
    browser.quit().await;
}
