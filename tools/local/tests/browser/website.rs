//! The pages of `examples/website`, on the same origin as the API.

use crate::browser::Browser;
use crate::looks::{picture_in, prefer, resize};
use crate::start_with_arguments;
use local::Server;
use serde_json::json;
use std::path::Path;
use thirtyfour::prelude::*;

/// Starts the local server with the example's site and these variables.
async fn start(variables: &[(&str, &str)]) -> Server {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/website/site");
    start_with_arguments(&["--site", site.to_str().unwrap()], variables).await
}

/// Waits until the page shows the form. Before that, the page checks whether a member is logged in.
async fn form(browser: &Browser) {
    let is_shown = async || browser.driver.find(By::Css("#email")).await.ok()?.is_displayed().await.ok();
    browser.wait_until("the form", async || is_shown().await == Some(true)).await;
}

/// Fills in the form and sends it, as a user does.
pub(crate) async fn log_in_with(browser: &Browser, email: &str, password: &str) {
    form(browser).await;
    for (field, text) in [("#email", email), ("#password", password)] {
        let field = browser.find(field).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }
    browser.find("#submit").await.click().await.unwrap();
}

/// Waits until the element shows these words.
pub(crate) async fn says(browser: &Browser, selector: &str, words: &str) {
    let said = async || browser.driver.find(By::Css(selector)).await.ok()?.text().await.ok();
    browser.wait_until(words, async || said().await.is_some_and(|text| text.contains(words))).await;
}

async fn log_in(browser: &Browser, server: &Server) {
    browser.open(server, "/login/").await;
    log_in_with(browser, "test@tozo.invalid", "password").await;
    says(browser, "#state", "You are logged in as member 1.").await;
}

const ANOTHER_MEMBER: &str = r#"{"action":"add","email":"two@example.com","password":"violet-harbour-93"}"#;

/// Adds a member through the members function, as an application does.
async fn add_another_member(server: &Server) {
    let url = format!("{}/2015-03-31/functions/members/invocations", server.url());
    let signature = format!(
        "AWS4-HMAC-SHA256 Credential=local/20261128/us-east-1/lambda/aws4_request, SignedHeaders=host, \
         Signature={}",
        "0".repeat(64)
    );
    let request = reqwest::Client::new().post(url).header("authorization", signature).body(ANOTHER_MEMBER);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

async fn focused(browser: &Browser) -> serde_json::Value {
    browser.run("return document.activeElement.id").await
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_member_logs_in_sees_who_is_logged_in_and_logs_out() {
    let server = start(&[]).await;
    let browser = Browser::start().await;
    browser.open(&server, "/").await;
    says(&browser, "#state", "You are not logged in.").await;
    browser.find("#visitor a").await.click().await.unwrap();
    form(&browser).await;
    assert_eq!(focused(&browser).await, json!("email"));
    log_in_with(&browser, "test@tozo.invalid", "password").await;
    says(&browser, "#state", "You are logged in as member 1.").await;
    let address = browser.driver.current_url().await.unwrap();
    assert_eq!((address.path(), address.query()), ("/", None), "no password in an address");

    browser.find("#logout").await.click().await.unwrap();
    says(&browser, "#state", "You are logged out.").await;
    assert_eq!(focused(&browser).await, json!("title"), "the button that had the focus is gone");
    browser.driver.refresh().await.unwrap();
    says(&browser, "#state", "You are not logged in.").await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_wrong_password_is_explained_and_the_focus_is_on_the_password() {
    let server = start(&[]).await;
    let browser = Browser::start().await;
    browser.open(&server, "/login/").await;
    form(&browser).await;
    browser.find("#submit").await.click().await.unwrap();
    says(&browser, "#problem", "Please enter your email.").await;
    assert_eq!(focused(&browser).await, json!("email"));
    for email in ["test@tozo.invalid", "nobody@tozo.invalid"] {
        log_in_with(&browser, email, "not it").await;
        says(&browser, "#problem[role=alert]", "No account has this email and this password.").await;
        assert_eq!(focused(&browser).await, json!("password"));
        let invalid = browser.find("#password").await.attr("aria-invalid").await.unwrap();
        assert_eq!(invalid.as_deref(), Some("true"));
    }
    browser.driver.action_chain().send_keys("password").perform().await.unwrap(); // replaces the selected text
    log_in_with(&browser, "test@tozo.invalid", "password").await;
    says(&browser, "#state", "You are logged in as member 1.").await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn after_too_many_attempts_the_page_says_what_helps_and_another_account_can_still_log_in() {
    let quotas = [("LOGIN_QUOTA", "100/60"), ("ACCOUNT_QUOTA", "1/360")];
    let server = start(&quotas).await;
    let browser = Browser::start().await;
    resize(&browser, 1100, 900).await;
    prefer(&browser, "light").await;
    browser.open(&server, "/login/").await;
    form(&browser).await;
    picture_in(&browser, "examples/website/screenshots", "login.png").await;
    log_in_with(&browser, "test@tozo.invalid", "not it").await;
    says(&browser, "#problem", "No account has").await;
    log_in_with(&browser, "test@tozo.invalid", "not it").await;
    says(&browser, "#problem", "Try again later, or in a browser that you used before.").await;
    says(&browser, "#help", "ask for a new password").await;
    picture_in(&browser, "examples/website/screenshots", "limited.png").await;

    log_in_with(&browser, "other@tozo.invalid", "not it").await;
    says(&browser, "#problem", "No account has").await;
    assert!(!browser.find("#help").await.is_displayed().await.unwrap());
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn the_login_page_comes_back_empty_and_is_not_shown_to_a_member_who_is_logged_in() {
    let server = start(&[]).await;
    let browser = Browser::start().await;
    browser.open(&server, "/login/").await;
    form(&browser).await;
    browser.find("#password").await.send_keys("password").await.unwrap();
    browser.find(".name a").await.click().await.unwrap();
    says(&browser, "#state", "You are not logged in.").await;
    browser.driver.back().await.unwrap();
    form(&browser).await;
    assert_eq!(browser.run("return document.querySelector('#password').value").await, json!(""));

    log_in(&browser, &server).await;
    browser.open(&server, "/login/").await;
    says(&browser, "#state", "You are logged in as member 1.").await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn an_old_page_does_not_log_out_another_member() {
    let server = start(&[]).await;
    let browser = Browser::start().await;
    add_another_member(&server).await;
    log_in(&browser, &server).await;
    let script = r#"
        const [body, done] = arguments;
        const headers = { "Content-Type": "application/json" };
        fetch("/sessions/", { method: "POST", headers, body }).then((response) => done(response.status));"#;
    let status = browser.driver.execute_async(script, [json!(ANOTHER_MEMBER)]).await.unwrap();
    assert_eq!(*status.json(), json!(200), "as another tab would log in");
    browser.find("#logout-all").await.click().await.unwrap();
    says(&browser, "#state", "This browser is logged in as member 2 now. Nobody was logged out.").await;
    browser.driver.refresh().await.unwrap();
    says(&browser, "#state", "You are logged in as member 2.").await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn log_out_everywhere_ends_the_session_of_the_other_browser() {
    let server = start(&[]).await;
    let (here, there) = (Browser::start().await, Browser::start().await);
    for browser in [&here, &there] {
        log_in(browser, &server).await;
    }
    here.find("#logout-all").await.click().await.unwrap();
    says(&here, "#state", "You are logged out everywhere.").await;
    there.driver.refresh().await.unwrap();
    says(&there, "#state", "You are not logged in.").await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn the_pages_fit_a_narrow_screen_and_are_dark_if_the_person_prefers_it() {
    let server = start(&[]).await;
    let browser = Browser::start().await;
    resize(&browser, 320, 640).await;
    prefer(&browser, "dark").await;
    for path in ["/login/", "/"] {
        browser.open(&server, path).await;
        says(&browser, "h1", "").await;
        let width = browser.run("return document.documentElement.scrollWidth").await;
        assert_eq!(width, json!(320), "{path}");
        let paper = browser.run("return getComputedStyle(document.documentElement).backgroundColor").await;
        assert_eq!(paper, json!("rgb(21, 23, 26)"), "{path}");
    }
}
