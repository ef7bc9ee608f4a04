//! What a page of another site or another origin can do.

use crate::browser::{Browser, Profile};
use crate::chromedriver::Chromedriver;
use crate::{start, start_with};
use axum::Router;
use axum::response::Html;
use local::Server;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Serves a page at `http://127.0.0.1`, which is another site than `http://localhost`. Its form has one
/// field, whose name and value make the form's text a login body. Returns the page's address.
async fn another_site(server: &Server) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let page = format!(
        r#"<!doctype html><form method="post" enctype="text/plain" action="{}/sessions/">
           <input name='{{"email":"test@tozo.invalid","password":"password","x":"' value='"}}'>
           <button>Win</button></form>"#,
        server.url()
    );
    let router = Router::new().fallback(async move || Html(page.clone()));
    tokio::spawn(async { axum::serve(listener, router).await });
    url
}

/// The statuses of the server's answers to `POST` requests.
fn answers(network: &[Value]) -> Vec<i64> {
    let of = |method: &'static str| network.iter().filter(move |event| event["method"] == method);
    let posts = of("Network.requestWillBeSent").filter(|it| it["params"]["request"]["method"] == "POST");
    let posts: Vec<_> = posts.map(|it| &it["params"]["requestId"]).collect();
    let answers = of("Network.responseReceivedExtraInfo");
    let answers = answers.filter(|it| posts.contains(&&it["params"]["requestId"]));
    answers.filter_map(|it| it["params"]["statusCode"].as_i64()).collect()
}

/// Checks that the browser got no session and no cookie.
async fn nobody_is_logged_in(browser: &Browser, server: &Server) {
    browser.open(server).await;
    browser.press("#status").await;
    assert_eq!(browser.text("#verdict").await, "Nobody is logged in.");
    assert!(browser.cookies().await.is_empty());
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_login_by_a_script_of_another_site_is_refused() {
    let chromedriver = Chromedriver::start();
    let (server, profile) = (start().await, Profile::new("cross-site-script"));
    let browser = Browser::start(&chromedriver, &profile).await;
    browser.0.goto(another_site(&server).await).await.unwrap();
    let script = r#"
        const [target, done] = arguments;
        const body = '{"email":"test@tozo.invalid","password":"password"}';
        fetch(target, { method: "POST", mode: "no-cors", credentials: "include", body })
            .then(() => done("read"), () => done("kept from it"));"#;
    let target = json!(format!("{}/sessions/", server.url()));
    let outcome = browser.0.execute_async(script, [target]).await.unwrap();
    assert_eq!(*outcome.json(), json!("kept from it"));
    assert_eq!(answers(&browser.network().await), [403]);
    nobody_is_logged_in(&browser, &server).await;
    browser.quit().await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_login_by_a_form_of_another_site_is_refused() {
    let chromedriver = Chromedriver::start();
    let (server, profile) = (start().await, Profile::new("cross-site-form"));
    let browser = Browser::start(&chromedriver, &profile).await;
    browser.0.goto(another_site(&server).await).await.unwrap();
    browser.find("button").await.click().await.unwrap();
    let address = format!("{}/sessions/", server.url());
    browser
        .wait_until("the answer", async || browser.0.current_url().await.unwrap().as_str() == address)
        .await;
    assert!(browser.text("body").await.contains("CROSS_SITE"));
    assert_eq!(answers(&browser.network().await), [403]);
    nobody_is_logged_in(&browser, &server).await;
    browser.quit().await;
}

#[tokio::test]
#[ignore = "needs Chromium"]
async fn a_page_of_an_allowed_origin_reads_who_is_logged_in() {
    let chromedriver = Chromedriver::start();
    let (other, profile) = (start().await, Profile::new("cross-origin"));
    let server = start_with(&[("ALLOWED_ORIGINS", other.url())]).await;
    let browser = Browser::start(&chromedriver, &profile).await;
    browser.open(&server).await;
    browser.log_in().await;
    browser.0.goto(format!("{}/nothing", other.url())).await.unwrap(); // without a Content-Security-Policy
    let program = include_str!("../../../../docs/programs/across_origins.js");
    let program = program.replace("http://localhost:9000", server.url());
    let answer = browser.run(&format!("return (async () => {{ {program} return answer.json() }})()")).await;
    assert_eq!(answer, json!({ "memberId": 1 }));
    browser.quit().await;
}
