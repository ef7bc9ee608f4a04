//! The HTTP contract, row by row.

mod audit;
mod authorizer;
mod calls;
mod cookies;
mod cross_site;
mod document;
mod events;
mod every_answer;
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
async fn the_password_check_runs_for_an_unknown_email_too() {
    let app = TestApp::start_with(&[("BCRYPT_COST", "10")]).await;
    for (email, password) in [("nobody@example.com", "enchantress"), ("ada@example.com", "wrong")] {
        let before = app.rounds();
        assert!(app.client().login(email, password).await.is(401, "INVALID_CREDENTIALS"));
        assert_eq!(app.rounds() - before, 1 << 10, "{email}");
    }
}

#[tokio::test]
async fn the_name_of_a_stage_is_no_part_of_the_path() {
    let app = TestApp::start().await;
    let staged = app.client().event("/requestContext/stage", "live".into());
    for (path, status) in [("/live/sessions/", 401), ("/lively/sessions/", 404), ("", 404)] {
        let answer = app.answer(&staged.request("GET", path, "")).await;
        assert_eq!(answer["statusCode"], status, "{path}");
    }
}
