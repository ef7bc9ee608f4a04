//! Requests from pages of other sites. Which origins are allowed is tested in `shared::gateway::origins`.

use tests::TestApp;

#[tokio::test]
async fn a_page_of_an_allowed_origin_can_log_in_and_out() {
    let app = TestApp::start_with(&[("ALLOWED_ORIGINS", "https://www.example.com")]).await;
    for (origin, is_allowed) in [("https://www.example.com", true), ("https://other.example.com", false)] {
        let client = app.client().header("sec-fetch-site", "same-site").header("origin", origin);
        let login = client.login("ada@example.com", "enchantress").await;
        let logout = client.logout().await;
        assert_eq!([login.status, logout.status], if is_allowed { [200; 2] } else { [403; 2] }, "{origin}");
    }
}
