//! A browser, and a person's actions on the page.

use crate::chromedriver::Chromedriver;
use local::Server;
use serde_json::Value;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, Cookie};

/// Far longer than any step on the page takes, so that no test fails on a busy machine.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A running browser.
pub(crate) struct Browser {
    pub(crate) driver: WebDriver,
    chromedriver: Chromedriver, // is dropped before the profile, and ends the browser that writes there
    profile: TempDir,
}

impl Browser {
    /// Starts a browser with a new profile.
    pub(crate) async fn start() -> Self {
        let (chromedriver, profile) = (Chromedriver::start(), tempfile::tempdir().unwrap());
        Self { driver: driver(&chromedriver, &profile).await, chromedriver, profile }
    }

    /// Starts a browser that shows the page of this server.
    pub(crate) async fn at(server: &Server) -> Self {
        let browser = Self::start().await;
        browser.open(server, "/").await;
        browser
    }

    /// Closes the window as a person does, so that the browser has time to write its files, and starts it again.
    pub(crate) async fn restart(&mut self) {
        self.driver.clone().quit().await.unwrap();
        self.driver = driver(&self.chromedriver, &self.profile).await;
    }

    pub(crate) async fn open(&self, server: &Server, path: &str) {
        self.driver.goto(format!("{}{path}", server.url())).await.unwrap();
    }

    pub(crate) async fn find(&self, selector: &str) -> WebElement {
        self.driver.find(By::Css(selector)).await.unwrap()
    }

    /// The visible text of the element.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    /// Runs a script in the page and returns the result.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, []).await.unwrap().json().clone()
    }

    /// Presses the button and waits for the response to the request that it sends.
    pub(crate) async fn press(&self, button: &str) {
        self.find(button).await.click().await.unwrap();
        self.answered().await;
    }

    /// Waits for the response to the request in progress.
    pub(crate) async fn answered(&self) {
        self.wait_until("a response", async || {
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

    /// The status line of the last response.
    pub(crate) async fn status(&self) -> String {
        self.text("#status-line").await
    }

    /// The cookies of the open site, including those that scripts cannot see.
    pub(crate) async fn cookies(&self) -> Vec<Cookie> {
        self.driver.get_all_cookies().await.unwrap()
    }

    /// Checks repeatedly until the condition is true.
    pub(crate) async fn wait_until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        let begun = Instant::now();
        while !is_so().await {
            assert!(begun.elapsed() < LONGEST_WAIT, "no {what} in time");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Chromedriver ends the browser. The library's own `quit` would wait for the runtime, which a failing test blocks.
impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.clone().leak();
    }
}

async fn driver(chromedriver: &Chromedriver, profile: &TempDir) -> WebDriver {
    let driver = WebDriver::builder(chromedriver.url(), capabilities(profile));
    driver.request_timeout(LONGEST_WAIT).await.unwrap()
}

fn capabilities(profile: &TempDir) -> ChromeCapabilities {
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in [
        "--headless=new",
        "--no-sandbox",            // root has no sandbox, and the pages are ours
        "--disable-dev-shm-usage", // containers have little shared memory
        "--disable-gpu",
        "--no-proxy-server", // everything is on this machine
        "--no-first-run",
        "--disable-sync",
        "--disable-component-update",
        "--disable-background-networking",
        "--hide-scrollbars",
        "--window-size=1100,800",
        &format!("--user-data-dir={}", profile.path().display()),
    ] {
        capabilities.add_arg(argument).unwrap();
    }
    capabilities
}
