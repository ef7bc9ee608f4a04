//! What a login may send.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tests::TestApp;

const GOOD: &str = r#"{"email":"ada@example.com","password":"enchantress"}"#;

#[tokio::test]
async fn a_body_may_have_4096_bytes_and_no_more() {
    let app = TestApp::start().await;
    let largest = format!("{GOOD}{}", " ".repeat(4096 - GOOD.len()));
    assert_eq!(app.client().login_with(&largest).await.status, 200);
    let larger = largest + " ";
    assert!(app.client().login_with(&larger).await.is(413, "PAYLOAD_TOO_LARGE"));
    let text = app.client().header("content-type", "text/plain");
    assert!(text.login_with(&larger).await.is(413, "PAYLOAD_TOO_LARGE"), "the size is looked at first");
}

#[tokio::test]
async fn a_body_in_base64_is_measured_and_read_after_decoding() {
    let app = TestApp::start().await;
    let encoded = |text: &[u8]| STANDARD.encode(text);
    let client = app.client().event("/isBase64Encoded", json!(true));
    let largest = format!("{GOOD}{}", " ".repeat(4096 - GOOD.len()));
    assert_eq!(client.login_with(&encoded(largest.as_bytes())).await.status, 200);
    assert!(client.login_with(&encoded((largest + " ").as_bytes())).await.is(413, "PAYLOAD_TOO_LARGE"));
    let latin1 = b"{\"email\":\"\xe9@example.com\",\"password\":\"x\"}";
    let answer = client.login_with(&encoded(latin1)).await;
    assert_eq!(answer.problem()["detail"], json!("the body is not UTF-8"));
}

#[tokio::test]
async fn only_json_is_read() {
    let app = TestApp::start().await;
    for good in ["application/json", "APPLICATION/JSON;charset=utf-8", "application/vnd.example+json; v=1"] {
        assert_eq!(app.client().header("content-type", good).login_with(GOOD).await.status, 200, "{good}");
    }
    for bad in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/+json",
        "json",
        "",
    ] {
        let answer = app.client().header("content-type", bad).login_with(GOOD).await;
        assert!(answer.is(415, "UNSUPPORTED_MEDIA_TYPE"), "{bad}");
    }
    let answer = app.client().without_header("content-type").login_with(GOOD).await;
    assert!(answer.is(415, "UNSUPPORTED_MEDIA_TYPE"), "none");
}

#[tokio::test]
async fn a_bad_body_is_told_what_is_wrong_and_never_what_it_held() {
    let app = TestApp::start().await;
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
        let answer = app.client().login_with(body).await;
        assert!(answer.is(400, "INVALID_REQUEST"), "{body}");
        assert_eq!(answer.problem()["detail"], json!(detail), "{body}");
    }
    let answer = app.client().login(&"a".repeat(255), "enchantress").await;
    assert_eq!(answer.problem()["detail"], json!("email must not be over 254 bytes"));
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let app = TestApp::start().await;
    let body = r#"{"email":"ada@example.com","password":"enchantress","theme":{"dark":[1,null]}}"#;
    assert_eq!(app.client().login_with(body).await.status, 200);
}

#[tokio::test]
async fn an_email_is_found_in_any_spelling_that_mail_ignores_and_in_no_other() {
    let app = TestApp::start().await;
    app.add_member("Zo\u{eb}.Mike@example.com", "enchantress").await;
    for same in ["zo\u{eb}.mike@example.com", " ZO\u{eb}.MIKE@EXAMPLE.COM ", "zoe\u{308}.mike@example.com"] {
        assert_eq!(app.client().login(same, "enchantress").await.status, 200, "{same}");
    }
    for other in [
        "zoe.mike@example.com",
        "ZO\u{cb}.mike@example.com",
        "zo\u{eb}.m\u{131}ke@example.com",
        "zo\u{eb}.mi\u{212a}e@example.com",
    ] {
        assert!(app.client().login(other, "enchantress").await.is(401, "INVALID_CREDENTIALS"), "{other}");
    }
}
