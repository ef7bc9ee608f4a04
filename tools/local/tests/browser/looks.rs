//! How the page looks, and the screenshots for the documents.

use crate::browser::Browser;
use crate::start;
use serde_json::json;
use std::path::Path;
use std::{env, fs};

/// Saves a screenshot in the folder that `SCREENSHOTS` names, if it is set.
async fn picture(browser: &Browser, name: &str) {
    if let Ok(folder) = env::var("SCREENSHOTS") {
        picture_in(browser, &folder, name).await;
    }
}

/// Saves a screenshot in this folder of the workspace, if `SCREENSHOTS` is set.
pub(crate) async fn picture_in(browser: &Browser, folder: &str, name: &str) {
    if env::var_os("SCREENSHOTS").is_some() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
        fs::create_dir_all(&folder).unwrap();
        browser.run("scrollTo(0, 0); document.activeElement.blur()").await;
        browser.driver.action_chain().move_to(0, 0).perform().await.unwrap();
        browser.driver.screenshot(&folder.join(name)).await.unwrap();
    }
}

pub(crate) async fn prefer(browser: &Browser, scheme: &str) {
    let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
    browser.driver.cdp().send_raw("Emulation.setEmulatedMedia", features).await.unwrap();
}

pub(crate) async fn resize(browser: &Browser, width: u32, height: u32) {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    browser.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
}

/// The brightness of the background, from 0 to 255.
async fn lightness(browser: &Browser) -> u64 {
    let script = "return Math.max(...getComputedStyle(document.documentElement).backgroundColor
        .match(/\\d+/g).map(Number))";
    browser.run(script).await.as_u64().unwrap()
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn the_page_is_light_or_dark_as_the_person_prefers() {
    let server = start().await;
    let browser = Browser::start().await;
    resize(&browser, 1100, 880).await;
    prefer(&browser, "light").await;
    browser.open(&server, "/").await;
    browser.log_in_and_be_remembered().await;
    browser.press("#status").await;
    assert!(lightness(&browser).await > 200);
    picture(&browser, "light.png").await;
    prefer(&browser, "dark").await;
    assert!(lightness(&browser).await < 60);
    picture(&browser, "dark.png").await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn nothing_is_wider_than_a_narrow_screen() {
    let server = start().await;
    let browser = Browser::start().await;
    resize(&browser, 320, 640).await;
    browser.open(&server, "/").await;
    browser.log_in().await;
    browser.press("#status").await;
    let width = browser.run("return document.documentElement.scrollWidth").await;
    assert_eq!(width, json!(320));
}
