//! Tests of the HTTP API.

mod audit;
mod authorizer;
mod calls;
mod cookies;
mod cross_site;
mod document;
mod events;
mod every_response;
mod failed_logins;
mod guessing;
mod lock_out;
mod login_body;
mod members;
mod output;
mod permissions;
mod proxy;
mod proxy_audit;
mod rate_limits;
mod scenarios;
mod sessions;
mod stored_items;

use tests::TestApp;

#[tokio::test]
async fn the_path_does_not_include_the_stage() {
    let app = TestApp::start().await;
    let staged = app.client().event("/requestContext/stage", "live".into());
    for (path, status) in [("/live/sessions/", 401), ("/lively/sessions/", 404), ("", 404)] {
        let response = app.respond(&staged.request("GET", path, "")).await;
        assert_eq!(response["statusCode"], status, "{path}");
    }
}
