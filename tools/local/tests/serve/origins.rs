//! Pages of other origins. The unit tests of `gateway/cors.rs` have every header.

use crate::http::{Response, send};
use crate::{JSON, LOGIN, start, start_with};

const PAGE: &str = "Origin: http://localhost:5173";

fn has_cors(response: &Response) -> bool {
    response.headers.keys().any(|name| name.as_str().starts_with("access-control-"))
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_logs_in_as_through_the_real_gateway() {
    let origins = [("ALLOWED_ORIGINS", "https://app.example.com,http://localhost:5173")];
    let server = start_with(&["--port", "0"], &origins).await.unwrap();
    let asks = [PAGE, "Access-Control-Request-Method: POST"];
    let preflight = send(&server, "OPTIONS /sessions/", &asks, "").await;
    assert_eq!(
        (preflight.status, preflight.header("access-control-allow-methods")),
        (204, "DELETE,GET,POST")
    );
    let login = send(&server, "POST /sessions/", &[PAGE, JSON, "Sec-Fetch-Site: same-site"], LOGIN).await;
    assert_eq!((login.status, login.header("access-control-allow-credentials")), (200, "true"));
    let example = send(&server, "GET /example", &[PAGE], "").await;
    assert_eq!((example.status, has_cors(&example)), (401, false), "another API, without a configuration");
}

#[tokio::test]
async fn without_allowed_origins_pages_of_other_origins_are_refused() {
    let server = start().await;
    let asks = [PAGE, "Access-Control-Request-Method: POST"];
    let preflight = send(&server, "OPTIONS /sessions/", &asks, "").await;
    assert_eq!((preflight.status, preflight.body.as_str()), (404, r#"{"message":"Not Found"}"#));
    let login = send(&server, "POST /sessions/", &[PAGE, JSON], LOGIN).await;
    assert_eq!((login.status, has_cors(&login)), (403, false));
    let deployed = r#"{"type":"about:blank","title":"Forbidden","status":403,"code":"CROSS_SITE"}"#;
    assert_eq!((login.header("content-type"), login.body.as_str()), ("application/problem+json", deployed));
}
