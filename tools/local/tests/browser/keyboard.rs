//! The use of the page without a mouse.

use crate::browser::Browser;
use crate::start;
use serde_json::json;
use thirtyfour::{Key, TypingData};

async fn send(browser: &Browser, keys: impl Into<TypingData>) {
    browser.driver.action_chain().send_keys(keys).perform().await.unwrap();
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_member_logs_in_with_the_keyboard_alone() {
    let server = start().await;
    let browser = Browser::at(&server).await;
    send(&browser, Key::Tab).await;
    send(&browser, "test@tozo.invalid").await;
    send(&browser, Key::Tab).await;
    send(&browser, "password").await;
    send(&browser, Key::Enter).await;
    browser.answered().await;
    assert_eq!(browser.text("#verdict").await, "You are logged in.");
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn the_tab_key_visits_every_control_in_order_with_a_visible_focus() {
    let server = start().await;
    let browser = Browser::at(&server).await;
    let focus = "const it = document.activeElement;
        return [it.id || it.textContent, getComputedStyle(it).outlineStyle]";
    for place in ["email", "password", "remember", "Log in", "fill", "status", "logout", "logout-all"] {
        send(&browser, Key::Tab).await;
        assert_eq!(browser.run(focus).await, json!([place, "solid"]));
    }
}
