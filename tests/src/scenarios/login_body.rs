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
    for good in ["application/json", "APPLICATION/JSON;charset=utf-8", "application/vnd.example+json; v=1"] {
        let answer = api.client().header("content-type", good).login_with(&login).await;
        assert!(answer.is(401, "INVALID_CREDENTIALS"), "{good}");
    }
    for bad in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/+json",
        "json",
        "",
    ] {
        let answer = api.client().header("content-type", bad).login_with(&login).await;
        assert!(answer.is(415, "UNSUPPORTED_MEDIA_TYPE"), "{bad}");
    }
    let answer = api.client().without_header("content-type").login_with(&login).await;
    assert!(answer.is(415, "UNSUPPORTED_MEDIA_TYPE"), "none");
}

pub(super) async fn a_bad_body_gets_a_detail_that_repeats_no_value(api: Api) {
    for (body, detail) in [
        ("", "the body is not a JSON object"),
        ("null", "the body is not a JSON object"),
        (r#"["ada@example.com","enchantress"]"#, "the body is not a JSON object"),
        (r#"{"email":"ada@example.com","password":"enchantress"}}"#, "the body is not a JSON object"),
        (r#"{"email":"ada@example.com","password":"enchantress","email":"x"}"#, "email stands twice"),
        (r#"{"email":"ada@example.com","password":"\ud83d"}"#, "password is not valid JSON"),
        (r#"{"email":1,"password":"enchantress"}"#, "email must be a string"),
        (r#"{"email":"ada@example.com","password":null}"#, "password must be a string"),
        (
            r#"{"email":"ada@example.com","password":"enchantress","remember":"yes"}"#,
            "remember must be true or false",
        ),
        (
            r#"{"email":"ada@example.com","password":"enchantress","remember":null}"#,
            "remember must be true or false",
        ),
        (r#"{"email":"ada@example.com"}"#, "password is missing"),
        (r#"{"password":"enchantress"}"#, "email is missing"),
        (r#"{"email":"ada@example.com","password":""}"#, "password must not be empty"),
        (r#"{"email":" ","password":"enchantress"}"#, "email must not be empty"),
    ] {
        let answer = api.client().login_with(body).await;
        assert!(answer.is(400, "INVALID_REQUEST"), "{detail}");
        assert_eq!(answer.problem()["detail"], json!(detail));
    }
    let answer = api.client().login(&"a".repeat(255), "enchantress").await;
    assert_eq!(answer.problem()["detail"], json!("email must not be over 254 bytes"));
}

pub(super) async fn unknown_fields_are_ignored(api: Api) {
    let mut login = login_of(&api.stranger());
    login.insert_str(1, r#""theme":{"dark":[1,null]},"#);
    assert!(api.client().login_with(&login).await.is(401, "INVALID_CREDENTIALS"));
}
