//! Bodies of logins that the scenarios do not cover.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tests::TestApp;

const GOOD: &str = r#"{"email":"ada@example.com","password":"enchantress"}"#;

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
