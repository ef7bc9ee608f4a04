//! Cookies that open no session.

use tests::TestApp;

#[tokio::test]
async fn a_cookie_with_any_changed_byte_is_ignored() {
    let app = TestApp::start().await;
    let login = app.client().login("ada@example.com", "enchantress").await;
    let good = login.session_cookie();
    for at in 0..good.len() {
        for other in ['A', 'B', '_', '=', '!', ' '] {
            let mut changed = good.clone();
            changed.replace_range(at..=at, &other.to_string());
            let answer = app.client().with_cookie(&changed).status().await;
            assert_eq!(answer.status, if changed == good { 200 } else { 401 }, "byte {at} as {other:?}");
        }
    }
}

#[tokio::test]
async fn a_cookie_of_another_deployment_is_ignored() {
    let (here, there) = (TestApp::start().await, TestApp::start().await);
    here.client().logged_in().await;
    let login = there.client().login("ada@example.com", "enchantress").await;
    assert!(here.client().with_session_of(&login).status().await.is(401, "NOT_AUTHENTICATED"));
}
