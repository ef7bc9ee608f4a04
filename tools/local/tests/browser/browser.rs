//! A browser, and what a person does in it on the page.

use crate::chromedriver::Chromedriver;
use local::Server;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;
use thirtyfour::{BrowserLogEntry, ChromeCapabilities, Cookie};

/// Far longer than any step on the page takes, so that a busy machine fails no test.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The files that a browser keeps across a restart. They are removed when this is dropped.
pub(crate) struct Profile(PathBuf);

impl Profile {
    /// A new profile. `name` distinguishes the tests.
    pub(crate) fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("profile-{name}"));
        let _ = fs::remove_dir_all(&folder); // of an earlier run
        Self(folder)
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running browser.
pub(crate) struct Browser(pub(crate) WebDriver);

impl Browser {
    pub(crate) async fn start(chromedriver: &Chromedriver, profile: &Profile) -> Self {
        let driver = WebDriver::builder(chromedriver.url(), capabilities(profile));
        Self(driver.request_timeout(LONGEST_WAIT).await.unwrap())
    }

    /// Closes the window as a person does, so that the browser has time to write its files.
    pub(crate) async fn quit(self) {
        self.0.clone().quit().await.unwrap();
    }

    pub(crate) async fn open(&self, server: &Server) {
        self.0.goto(server.url()).await.unwrap();
    }

    pub(crate) async fn find(&self, selector: &str) -> WebElement {
        self.0.find(By::Css(selector)).await.unwrap()
    }

    /// The visible text of the element.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    /// The result of a script of the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.0.execute(script, []).await.unwrap().json().clone()
    }

    /// Presses the button and waits for the answer to the request that it sends.
    pub(crate) async fn press(&self, button: &str) {
        self.find(button).await.click().await.unwrap();
        self.answered().await;
    }

    /// Waits for the answer to the request in progress.
    pub(crate) async fn answered(&self) {
        self.wait_until("an answer", async || {
            self.find("#response").await.attr("aria-busy").await.unwrap().as_deref() == Some("false")
        })
        .await;
    }

    pub(crate) async fn log_in(&self) {
        self.find("#fill").await.click().await.unwrap();
        self.press("#login button").await;
        assert_eq!(self.status().await, "200 OK");
    }

    pub(crate) async fn log_in_and_be_remembered(&self) {
        self.find("#remember").await.click().await.unwrap();
        self.log_in().await;
    }

    /// The status line of the last answer.
    pub(crate) async fn status(&self) -> String {
        self.text("#status-line").await
    }

    /// The cookies of the open site, including those that scripts cannot see.
    pub(crate) async fn cookies(&self) -> Vec<Cookie> {
        self.0.get_all_cookies().await.unwrap()
    }

    /// The browser's network events since the last call of this method, in Chromium's protocol.
    pub(crate) async fn network(&self) -> Vec<Value> {
        let log = self.0.get_log("performance").await.unwrap();
        let event = |entry: BrowserLogEntry| serde_json::from_str::<Value>(&entry.message).unwrap();
        log.into_iter().map(|entry| event(entry)["message"].clone()).collect()
    }

    /// Checks repeatedly until the condition is true.
    pub(crate) async fn wait_until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        let begun = Instant::now();
        while !is_so().await {
            assert!(begun.elapsed() < LONGEST_WAIT, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// When a test fails, chromedriver ends the browser. The library's own `quit` would wait for the runtime that
/// the failing test blocks.
impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.clone().leak(); // it has quit already where the test went well
    }
}

fn capabilities(profile: &Profile) -> ChromeCapabilities {
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in [
        "--headless=new",
        "--no-sandbox",            // root has none, and the pages are our own
        "--disable-dev-shm-usage", // containers have little of it
        "--disable-gpu",
        "--no-proxy-server", // all is on this machine
        "--no-first-run",
        "--disable-sync",
        "--disable-component-update",
        "--disable-background-networking",
        "--hide-scrollbars",
        "--window-size=1100,800",
        &format!("--user-data-dir={}", profile.0.display()),
    ] {
        capabilities.add_arg(argument).unwrap();
    }
    capabilities.set("goog:loggingPrefs", json!({ "performance": "ALL" })).unwrap();
    capabilities
}
