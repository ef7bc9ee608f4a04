//! The body of a login. All scenarios use an email that no member has, so an accepted body leads to a 401.

use crate::api::Api;
use serde_json::json;

fn login_of(email: &str) -> String {
    json!({ "email": email, "password": "enchantress" }).to_string()
}

pub(super) async fn a_body_has_at_most_4096_bytes(api: Api) {
    let largest = format!("{:4096}", login_of(&api.unknown_email()));
    assert!(api.client().login_with(&largest).await.is(401, "INVALID_CREDENTIALS"));
    let larger = largest + " ";
    assert!(api.client().login_with(&larger).await.is(413, "PAYLOAD_TOO_LARGE"));
    let text = api.client().header("content-type", "text/plain");
    assert!(text.login_with(&larger).await.is(413, "PAYLOAD_TOO_LARGE"), "the size is checked first");
}

pub(super) async fn only_json_is_read(api: Api) {
    let login = login_of(&api.unknown_email());
    let json = api.client().header("content-type", "APPLICATION/JSON;charset=utf-8").login_with(&login).await;
    assert!(json.is(401, "INVALID_CREDENTIALS"));
    for form in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let response = api.client().header("content-type", form).login_with(&login).await;
        assert!(response.is(415, "UNSUPPORTED_MEDIA_TYPE"), "{form}");
    }
    let response = api.client().without_header("content-type").login_with(&login).await;
    assert!(response.is(415, "UNSUPPORTED_MEDIA_TYPE"), "none");
}

pub(super) async fn the_response_to_a_malformed_body_names_the_field(api: Api) {
    let response = api.client().login_with(r#"{"email":"ada@example.com"}"#).await;
    assert!(response.is(400, "INVALID_REQUEST"));
    assert_eq!(response.problem()["detail"], json!("password is missing"));
}
