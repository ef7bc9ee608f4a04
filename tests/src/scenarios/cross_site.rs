//! Requests from pages of other sites.

use crate::api::Api;
use crate::response::Response;

pub(super) async fn a_page_of_another_site_can_neither_log_in_nor_out(api: Api) {
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.test"),
        ("origin", "null"),
    ] {
        let client = api.client().header(name, value);
        assert!(client.login(&api.unknown_email(), "wrong").await.is(403, "CROSS_SITE"), "{name}: {value}");
        assert!(client.logout().await.is(403, "CROSS_SITE"), "{name}: {value}");
    }
}

pub(super) async fn the_apis_own_page_can_log_in_and_out(api: Api) {
    let client = api.client().header("origin", &api.origin()).header("sec-fetch-site", "same-origin");
    assert!(client.login(&api.unknown_email(), "wrong").await.is(401, "INVALID_CREDENTIALS"));
    assert_eq!(client.logout().await.status, 200);
}

pub(super) async fn a_cross_site_request_ends_no_session_and_takes_no_permit(api: Api) {
    let client = api.logged_in().await;
    let foreign = client.clone().header("origin", "https://evil.test");
    let left = |response: &Response| response.header("ratelimit-remaining").parse::<i64>().expect("a number");
    let before = left(&client.login_with("").await);
    for _ in 0..10 {
        let response = foreign.login_with("").await;
        assert_eq!((response.status, response.header("ratelimit")), (403, ""));
    }
    assert!(left(&client.login_with("").await) >= before - 1);
    assert_eq!(foreign.logout().await.cookies.len(), 0);
    assert_eq!(client.status().await.status, 200);
}

pub(super) async fn status_is_readable_from_any_site(api: Api) {
    let client = api.logged_in().await;
    let foreign = client.header("sec-fetch-site", "cross-site").header("origin", "https://evil.test");
    assert_eq!(foreign.status().await.status, 200);
}
