//! Requests that another site's page made.

use tests::{Client, TestApp};

/// Whether login and logout let a request with these headers pass. They agree, or this panics.
async fn passes(app: &TestApp, headers: &[(&str, &str)]) -> bool {
    let client: Client =
        headers.iter().fold(app.client(), |client, (name, value)| client.header(name, value));
    let login = client.login("ada@example.com", "wrong").await;
    let logout = client.logout().await;
    assert_eq!(login.is(403, "CROSS_SITE"), logout.is(403, "CROSS_SITE"), "{headers:?}");
    login.is(401, "INVALID_CREDENTIALS")
}

#[tokio::test]
async fn a_page_of_another_site_can_neither_log_in_nor_out() {
    let app = TestApp::start_with(&[("ALLOWED_ORIGINS", "https://www.example.com")]).await;
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://www.example.com")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://other.example.com")],
        &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.test")],
        &[("origin", "https://evil.test")],
        &[("origin", "null")],
        &[("origin", "")],
        &[("origin", "http://api.example.com")],
        &[("origin", "https://api.example.com:8443")],
        &[("origin", "https://api.example.com.evil.test")],
        &[("origin", "https://www.example.com/")],
        &[("origin", "HTTPS://www.example.com")],
    ] {
        assert!(!passes(&app, headers).await, "{headers:?}");
    }
}

#[tokio::test]
async fn the_apis_own_pages_and_the_allowed_ones_can_and_so_can_what_is_no_browser() {
    let app =
        TestApp::start_with(&[("ALLOWED_ORIGINS", "https://www.example.com,http://localhost:3000")]).await;
    for headers in [
        &[][..],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", "https://api.example.com")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://www.example.com")],
        &[("origin", "https://www.example.com")],
        &[("origin", "http://localhost:3000")],
    ] {
        assert!(passes(&app, headers).await, "{headers:?}");
    }
}

#[tokio::test]
async fn a_refused_request_ends_no_session_and_takes_no_token() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let foreign = client.clone().header("origin", "https://evil.test");
    for _ in 0..10 {
        let answer = foreign.login("ada@example.com", "enchantress").await;
        assert_eq!((answer.status, answer.header("ratelimit")), (403, ""));
    }
    assert_eq!(foreign.logout().await.cookies.len(), 0);
    assert_eq!(client.status().await.status, 200);
    assert_eq!(client.login("ada@example.com", "wrong").await.header("ratelimit-remaining"), "3");
}

#[tokio::test]
async fn status_changes_nothing_and_answers_any_site() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let foreign = client.header("sec-fetch-site", "cross-site").header("origin", "https://evil.test");
    assert_eq!(foreign.status().await.status, 200);
}
