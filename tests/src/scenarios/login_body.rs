//! The body of a login. All of them use an email without a member, so a body that is accepted leads to a 401.

use crate::api::Api;
use serde_json::json;

fn login_of(email: &str) -> String {
    json!({ "email": email, "password": "enchantress" }).to_string()
}

pub(super) async fn a_body_may_have_4096_bytes_and_no_more(api: Api) {
    let largest = format!("{:4096}", login_of(&api.stranger()));
    assert!(api.client().login_with(&largest).await.is(401, "INVALID_CREDENTIALS"));
    let larger = largest + " ";
    assert!(api.client().login_with(&larger).await.is(413, "PAYLOAD_TOO_LARGE"));
    let text = api.client().header("content-type", "text/plain");
    assert!(text.login_with(&larger).await.is(413, "PAYLOAD_TOO_LARGE"), "the size is checked first");
}

pub(super) async fn only_json_is_read(api: Api) {
    let login = login_of(&api.stranger());
    let json = api.client().header("content-type", "APPLICATION/JSON;charset=utf-8").login_with(&login).await;
    assert!(json.is(401, "INVALID_CREDENTIALS"));
    for form in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let answer = api.client().header("content-type", form).login_with(&login).await;
        assert!(answer.is(415, "UNSUPPORTED_MEDIA_TYPE"), "{form}");
    }
    let answer = api.client().without_header("content-type").login_with(&login).await;
    assert!(answer.is(415, "UNSUPPORTED_MEDIA_TYPE"), "none");
}

pub(super) async fn a_bad_body_gets_a_detail_that_names_the_field(api: Api) {
    let answer = api.client().login_with(r#"{"email":"ada@example.com"}"#).await;
    assert!(answer.is(400, "INVALID_REQUEST"));
    assert_eq!(answer.problem()["detail"], json!("password is missing"));
}
