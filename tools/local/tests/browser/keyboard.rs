//! The page without a mouse.

use crate::browser::{Browser, Profile};
use crate::chromedriver::Chromedriver;
use crate::start;
use serde_json::json;
use thirtyfour::prelude::*;

async fn type_in(browser: &Browser, keys: &str) {
    browser.0.action_chain().send_keys(keys).perform().await.unwrap();
}

async fn tab(browser: &Browser) {
    browser.0.action_chain().send_keys(Key::Tab).perform().await.unwrap();
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_member_logs_in_with_the_keyboard_alone() {
    let chromedriver = Chromedriver::start();
    let (server, profile) = (start().await, Profile::new("keyboard"));
    let browser = Browser::start(&chromedriver, &profile).await;
    browser.open(&server).await;
    tab(&browser).await;
    type_in(&browser, "test@tozo.invalid").await;
    tab(&browser).await;
    type_in(&browser, "password").await;
    browser.0.action_chain().send_keys(Key::Enter).perform().await.unwrap();
    browser.answered().await;
    assert_eq!(browser.text("#verdict").await, "You are logged in.");
    browser.quit().await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn the_tab_key_visits_all_there_is_in_the_order_in_which_it_stands_and_shows_where_it_is() {
    let chromedriver = Chromedriver::start();
    let (server, profile) = (start().await, Profile::new("order"));
    let browser = Browser::start(&chromedriver, &profile).await;
    browser.open(&server).await;
    let where_it_is = "const it = document.activeElement;
        return [it.id || it.textContent, getComputedStyle(it).outlineStyle]";
    for place in ["email", "password", "remember", "Log in", "fill", "status", "logout", "logout-all"] {
        tab(&browser).await;
        assert_eq!(browser.run(where_it_is).await, json!([place, "solid"]));
    }
    browser.quit().await;
}
