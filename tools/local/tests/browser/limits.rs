//! How the page shows the limits.

use crate::browser::Browser;
use crate::start_with;
use thirtyfour::By;

/// Sends the form, which must not be a correct login, until a limit refuses it.
async fn drain(browser: &Browser) {
    for _ in 0..20 {
        browser.press("#login button").await;
        if browser.status().await == "429 Too Many Requests" {
            return;
        }
    }
    panic!("the limit was never reached");
}

async fn count(browser: &Browser, policy: &str) -> String {
    browser.text(&format!("[data-policy={policy}] .count")).await
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn each_limit_is_drawn_from_its_own_responses() {
    let quotas = [("LOGIN_QUOTA", "5/36000"), ("STATUS_QUOTA", "10/36000")];
    let server = start_with(&quotas).await;
    let browser = Browser::at(&server).await;
    browser.log_in().await;
    assert!(count(&browser, "login").await.starts_with("4 of 5, one more in 7"));
    assert_eq!(count(&browser, "status").await, "no request yet");
    browser.press("#status").await;
    browser.press("#status").await;
    browser.press("#logout").await;
    assert!(count(&browser, "status").await.starts_with("8 of 10, one more in 3"));
    assert_eq!(browser.driver.find_all(By::Css("[data-policy=status] .whole")).await.unwrap().len(), 8);
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn after_too_many_logins_the_page_says_how_long_to_wait_and_counts_the_refill() {
    let server = start_with(&[("LOGIN_QUOTA", "2/12")]).await;
    let browser = Browser::at(&server).await;
    drain(&browser).await;
    assert_eq!(browser.text("#verdict").await, "Too many logins.");
    assert!(browser.text("#headers").await.contains("retry-after"));
    let aloud = browser.run("return document.querySelector('[role=status]').textContent").await;
    assert!(aloud.as_str().unwrap().starts_with("Too many logins. Wait "), "{aloud}");
    let seconds = browser.run("return document.querySelector('#wait').textContent").await;
    let seconds = seconds.as_str().unwrap().strip_prefix("Wait ").and_then(|it| it.split_once(" second"));
    assert!((1..=6).contains(&seconds.unwrap().0.parse::<u32>().unwrap()));

    browser.wait_until("both permits", async || count(&browser, "login").await == "2 of 2").await;
    assert_eq!(browser.text("#wait").await, "You can try again now.");
    assert_eq!(browser.status().await, "429 Too Many Requests");
    browser.log_in().await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn after_a_refusal_by_the_accounts_limit_the_page_says_what_helps_and_shows_no_wait() {
    let quotas = [("LOGIN_QUOTA", "100/60"), ("ACCOUNT_QUOTA", "1/360")];
    let server = start_with(&quotas).await;
    let browser = Browser::at(&server).await;
    for field in ["#email", "#password"] {
        browser.find(field).await.send_keys("nobody").await.unwrap();
    }
    drain(&browser).await;
    assert!(browser.text("#verdict").await.starts_with("Too many attempts for this account."));
    assert!(!browser.find("#wait").await.is_displayed().await.unwrap());
}
