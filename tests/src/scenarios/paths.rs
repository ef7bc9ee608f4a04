//! Paths and methods.

use crate::api::{Api, Member};
use serde_json::json;

pub(super) async fn a_session_lives_from_login_to_logout(api: Api) {
    let login = api.login().await;
    assert_eq!(login.body, "{}");
    assert_eq!(login.header("content-type"), "application/json");

    let client = api.client().with_session_of(&login);
    let status = client.status().await;
    assert_eq!(status.status, 200);
    let member = status.problem()["memberId"].as_u64();
    assert_eq!(status.body, format!("{{\"memberId\":{}}}", member.expect("a number")));

    let logout = client.logout().await;
    assert_eq!((logout.status, logout.body.as_str()), (200, "{}"));
    assert!(client.status().await.is(401, "NOT_AUTHENTICATED"));
}

pub(super) async fn both_spellings_of_the_path_work_and_other_paths_are_not_found(api: Api) {
    let client = api.logged_in().await;
    for path in ["/sessions", "/sessions/"] {
        assert_eq!(client.send("GET", path, "").await.status, 200, "{path}");
    }
    // The path / is not tested, because the local server has a page there.
    for path in ["/session", "/sessions//", "/sessions/1", "/Sessions", "/x/sessions", "/sessions/%2e"] {
        for method in ["GET", "DELETE", "POST"] {
            assert_eq!(client.send(method, path, "").await.status, 404, "{method} {path}");
        }
    }
}

pub(super) async fn method_overrides_are_ignored(api: Api) {
    let client = api.logged_in().await;
    let overridden = client.clone().header("x-http-method-override", "DELETE").header("x-method", "DELETE");
    let response = overridden.send("GET", "/sessions/", "_method=DELETE&callback=x").await;
    assert!(response.body.starts_with("{\"memberId\":"));
    assert_eq!(client.send("PUT", "/sessions/", "").await.status, 404);
    assert_eq!(client.status().await.status, 200);
}

pub(super) async fn credentials_outside_the_body_are_ignored(api: Api) {
    let Member { email, password } = api.member();
    let client = api.client().header("authorization", "Basic YWRhQGV4YW1wbGUuY29tOmVuY2hhbnRyZXNz");
    let query = format!("email={email}&password={password}");
    let empty = client.clone().event("/body", json!("{}"));
    assert!(empty.send("POST", "/sessions/", &query).await.is(400, "INVALID_REQUEST"));
    assert!(client.status().await.is(401, "NOT_AUTHENTICATED"));
}
