//! Requests from pages of other sites.

use tests::{Client, TestApp};

/// Whether login and logout accept a request with these headers. Panics when the two disagree.
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
        &[("sec-fetch-site", "Cross-Site")],
        &[("sec-fetch-site", "cross-site,same-origin")],
        &[("sec-fetch-site", "same-site"), ("origin", "null")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://www.example.com,https://evil.test")],
        &[("sec-fetch-site", "Same-Origin"), ("origin", "https://api.example.com")],
        &[("sec-fetch-site", "same-origin,same-origin")],
        &[("sec-fetch-site", "same-origin "), ("origin", "https://api.example.com")],
        &[("sec-fetch-site", "")],
        &[("sec-fetch-site", "same-party"), ("origin", "https://www.example.com")],
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
async fn own_pages_allowed_pages_and_programs_can_log_in_and_out() {
    let origins = ("ALLOWED_ORIGINS", "https://www.example.com,http://localhost:3000");
    let app = TestApp::start_with(&[origins, ("ACCOUNT_QUOTA", "1000/60")]).await;
    for headers in [
        &[][..],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "none"), ("origin", "null")],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", "https://api.example.com")],
        &[("sec-fetch-site", "same-origin"), ("origin", "null")], // of a page with `Referrer-Policy: no-referrer`
        &[("sec-fetch-site", "same-origin"), ("origin", "https://dev.test")], // of a dev server that replaces `Host`
        &[("sec-fetch-site", "same-site"), ("origin", "https://www.example.com")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://api.example.com")],
        &[("origin", "https://www.example.com")],
        &[("origin", "http://localhost:3000")],
    ] {
        assert!(passes(&app, headers).await, "{headers:?}");
    }
}
