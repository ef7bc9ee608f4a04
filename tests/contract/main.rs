//! The HTTP contract, row by row.

mod audit;
mod authorizer;
mod calls;
mod cookies;
mod cross_site;
mod events;
mod every_answer;
mod failed_logins;
mod guessing;
mod login_body;
mod output;
mod permissions;
mod rate_limits;
mod security_page;
mod sessions;

use tests::TestApp;

#[tokio::test]
async fn login_status_logout_and_then_nobody() {
    let app = TestApp::start().await;
    let client = app.client();

    let login = client.login("ada@example.com", "enchantress").await;
    assert_eq!((login.status, login.body.as_str()), (200, "{}"));
    assert_eq!(login.header("content-type"), "application/json");

    let client = client.with_session_of(&login);
    let status = client.status().await;
    assert_eq!((status.status, status.body.as_str()), (200, r#"{"memberId":1}"#));

    let logout = client.logout().await;
    assert_eq!((logout.status, logout.body.as_str()), (200, "{}"));
    assert!(client.status().await.is(401, "NOT_AUTHENTICATED"));
}

#[tokio::test]
async fn the_password_check_runs_for_an_unknown_email_too() {
    let app = TestApp::start().await;
    for (email, password) in [("nobody@example.com", "enchantress"), ("ada@example.com", "wrong")] {
        let before = app.rounds();
        assert!(app.client().login(email, password).await.is(401, "INVALID_CREDENTIALS"));
        assert_eq!(app.rounds() - before, 1 << 10, "{email}");
    }
}

#[tokio::test]
async fn both_spellings_are_the_same_resource_and_others_are_none() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    for path in ["/sessions", "/sessions/"] {
        assert_eq!(client.send("GET", path, "").await.status, 200, "{path}");
    }
    for path in
        ["/", "", "/session", "/sessions//", "/sessions/1", "/Sessions", "/x/sessions", "/sessions/%2e"]
    {
        for method in ["GET", "DELETE", "POST"] {
            assert!(client.send(method, path, "").await.is(404, "NOT_FOUND"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_name_of_a_stage_is_no_part_of_the_path() {
    let app = TestApp::start().await;
    let staged = app.client().event("/requestContext/stage", "live".into());
    assert!(staged.send("GET", "/live/sessions/", "").await.is(401, "NOT_AUTHENTICATED"));
    assert!(staged.send("GET", "/lively/sessions/", "").await.is(404, "NOT_FOUND"));
}

#[tokio::test]
async fn only_the_gateways_method_counts() {
    let app = TestApp::start().await;
    let client = app.client().logged_in().await;
    let overridden = client.clone().header("x-http-method-override", "DELETE").header("x-method", "DELETE");
    assert_eq!(
        overridden.send("GET", "/sessions/", "_method=DELETE&callback=x").await.body,
        r#"{"memberId":1}"#
    );
    assert!(client.send("PUT", "/sessions/", "").await.is(404, "NOT_FOUND"));
    assert_eq!(client.status().await.status, 200);
}

#[tokio::test]
async fn credentials_elsewhere_than_in_the_body_are_ignored() {
    let app = TestApp::start().await;
    let client = app.client().header("authorization", "Basic YWRhQGV4YW1wbGUuY29tOmVuY2hhbnRyZXNz");
    let query = "email=ada@example.com&password=enchantress";
    assert!(
        client
            .clone()
            .event("/body", "{}".into())
            .send("POST", "/sessions/", query)
            .await
            .is(400, "INVALID_REQUEST")
    );
    assert!(client.status().await.is(401, "NOT_AUTHENTICATED"));
}
