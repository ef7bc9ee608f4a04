//! Pages of other origins: what the gateway tells their browsers.

use crate::http::{Answer, send};
use crate::{JSON, LOGIN, start, start_with};
use local::Server;

const PAGE: &str = "Origin: http://localhost:5173";

async fn allowing_vite() -> Server {
    let origins = [("ALLOWED_ORIGINS", "https://app.example.com,http://localhost:5173")];
    start_with(&["--port", "0"], &origins).await.unwrap()
}

/// The names of the answer's CORS headers.
fn cors(answer: &Answer) -> Vec<String> {
    let mut names: Vec<_> =
        answer.header_names().filter(|name| name.starts_with("access-control-")).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_logs_in_as_through_the_real_gateway() {
    let server = allowing_vite().await;
    let login = send(&server, "POST /sessions/", &[PAGE, JSON, "Sec-Fetch-Site: same-site"], LOGIN).await;
    assert_eq!(login.status, 200);
    assert_eq!(login.header("access-control-allow-origin"), "http://localhost:5173");
    assert_eq!(login.header("access-control-allow-credentials"), "true");
    assert!(login.header("access-control-expose-headers").contains("retry-after"));
}

#[tokio::test]
async fn a_page_of_another_origin_gets_no_cors_header() {
    let server = allowing_vite().await;
    let asks = ["Origin: https://evil.test", "Access-Control-Request-Method: POST"];
    let preflight = send(&server, "OPTIONS /sessions/", &asks, "").await;
    assert_eq!((preflight.status, cors(&preflight)), (204, vec![]));
    let status = send(&server, "GET /sessions/", &["Origin: https://evil.test"], "").await;
    assert_eq!((status.status, cors(&status)), (401, vec![]));
    let example = send(&server, "GET /example", &[PAGE], "").await;
    assert_eq!((example.status, cors(&example)), (401, vec![]), "another API, without a configuration");
}

#[tokio::test]
async fn without_allowed_origins_the_gateway_knows_no_preflight() {
    let server = start().await;
    let preflight =
        send(&server, "OPTIONS /sessions/", &[PAGE, "Access-Control-Request-Method: POST"], "").await;
    assert_eq!((preflight.status, preflight.body.as_str()), (404, r#"{"message":"Not Found"}"#));
    assert_eq!(cors(&send(&server, "GET /sessions/", &[PAGE], "").await), Vec::<String>::new());
}

#[tokio::test]
async fn a_refused_page_gets_the_response_of_the_deployed_functions() {
    let server = start().await;
    let answer = send(&server, "POST /sessions/", &[PAGE, JSON], LOGIN).await;
    assert_eq!((answer.status, answer.header("content-type")), (403, "application/problem+json"));
    let body = r#"{"type":"about:blank","title":"Forbidden","status":403,"code":"CROSS_SITE"}"#;
    assert_eq!(answer.body, body);
}
