//! Requests from pages of other origins.

use crate::http::{Response, send};
use crate::{JSON, LOGIN, start, start_with};
use local::Server;

const PAGE: &str = "Origin: http://localhost:5173";

async fn start_allowing() -> Server {
    let origins = [("ALLOWED_ORIGINS", "https://app.example.com,http://localhost:5173")];
    start_with(&["--port", "0"], &origins).await.unwrap()
}

async fn preflight(server: &Server, path: &str, origin: &str) -> Response {
    send(server, &format!("OPTIONS {path}"), &[origin, "Access-Control-Request-Method: POST"], "").await
}

fn allowed_origins(response: &Response) -> Vec<&str> {
    response.headers("access-control-allow-origin")
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_gets_the_headers_of_the_template_and_logs_in() {
    let server = start_allowing().await;
    for path in ["/sessions", "/sessions/", "/sessions/1"] {
        let preflight = preflight(&server, path, PAGE).await;
        assert_eq!(preflight.status, 204, "{path}");
        for (name, value) in [
            ("allow-origin", "http://localhost:5173"),
            ("allow-credentials", "true"),
            ("allow-methods", "DELETE,GET,POST"),
            ("allow-headers", "content-type"),
            ("max-age", "7200"),
        ] {
            assert_eq!(preflight.header(&format!("access-control-{name}")), value, "{path}");
        }
    }
    let login = send(&server, "POST /sessions/", &[PAGE, JSON, "Sec-Fetch-Site: same-site"], LOGIN).await;
    assert_eq!((login.status, allowed_origins(&login)), (200, vec!["http://localhost:5173"]));
    assert_eq!(login.header("access-control-allow-credentials"), "true");
    assert!(login.header("access-control-expose-headers").starts_with("ratelimit,"));
}

#[tokio::test]
async fn a_page_of_another_origin_and_another_api_are_not_allowed() {
    let server = start_allowing().await;
    for (path, origin) in [
        ("/sessions/", "Origin: http://localhost:5174"),
        ("/sessions/", "Origin: https://app.example.com.evil.test"),
        ("/sessions/", "Origin: null"),
        ("/sessions/", "Origin: *"),
        ("/example", PAGE),
    ] {
        assert!(allowed_origins(&preflight(&server, path, origin).await).is_empty(), "{path} {origin}");
        let response = send(&server, &format!("GET {path}"), &[origin], "").await;
        assert_eq!((response.status, allowed_origins(&response).is_empty()), (401, true), "{path} {origin}");
    }
    assert_eq!(preflight(&start().await, "/sessions/", PAGE).await.status, 404, "without ALLOWED_ORIGINS");
}
