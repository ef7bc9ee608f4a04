//! `--site`: files on the same origin as the API.

use crate::http::{send, send_raw};
use crate::{JSON, LOGIN, start_with};
use local::Server;
use std::fs;
use tempfile::TempDir;

/// A folder with a site, and a file outside it that must not be served.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("site/login")).unwrap();
    fs::create_dir_all(folder.path().join("site/sessions")).unwrap();
    for (path, content) in [
        ("site/index.html", "<h1>Home</h1>"),
        ("site/login/index.html", "<h1>Log in</h1>"),
        ("site/a b.js", "1"),
        ("site/style.css", "a {}"),
        ("site/icon.svg", "<svg/>"),
        ("site/sessions/index.html", "not the API"),
        ("secret.txt", "secret"),
    ] {
        fs::write(folder.path().join(path), content).unwrap();
    }
    folder
}

async fn start(folder: &TempDir) -> Server {
    let site = folder.path().join("site");
    start_with(&["--port", "0", "--site", site.to_str().unwrap()], &[]).await.unwrap()
}

#[tokio::test]
async fn files_have_the_headers_of_the_deployed_site_and_an_index_stands_for_its_folder() {
    let folder = folder();
    let server = start(&folder).await;
    for (path, content_type, body) in [
        ("/", "text/html", "<h1>Home</h1>"),
        ("/index.html", "text/html", "<h1>Home</h1>"),
        ("/login/", "text/html", "<h1>Log in</h1>"),
        ("/login/?from=x", "text/html", "<h1>Log in</h1>"),
        ("/a%20b.js", "text/javascript", "1"),
        ("/style.css", "text/css", "a {}"),
        ("/icon.svg", "image/svg+xml", "<svg/>"),
    ] {
        let response = send(&server, &format!("GET {path}"), &[], "").await;
        assert_eq!((response.status, response.body.as_str()), (200, body), "{path}");
        assert_eq!(response.header("content-type"), content_type, "{path}");
        assert_eq!(response.header("cache-control"), "max-age=0, s-maxage=86400");
        assert_eq!(response.header("x-content-type-options"), "nosniff");
        assert!(
            response.header("content-security-policy").starts_with("default-src 'none'; script-src 'self';")
        );
        assert_eq!(response.header("cross-origin-opener-policy"), "same-origin");
    }
    let head = send(&server, "HEAD /style.css", &[], "").await;
    assert_eq!((head.status, head.body.as_str(), head.header("content-length")), (200, "", "4"));
    let slash = send(&server, "GET /login?next=%2F", &[], "").await;
    assert_eq!((slash.status, slash.header("location")), (307, "/login/?next=%2F"));
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let folder = folder();
    let server = start(&folder).await;
    for path in [
        "/../secret.txt",
        "/login/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/.%00./secret.txt",
        "//secret.txt",
        "/%2fetc/passwd",
        "//etc/passwd",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let (status, body) = send_raw(&server, request.as_bytes()).await;
        assert!(matches!(status, 400 | 404), "{path}: {status}");
        assert!(!body.contains("secret") && !body.contains("root:"), "{path}");
    }
}

#[tokio::test]
async fn a_missing_file_is_a_page() {
    let folder = folder();
    let server = start(&folder).await;
    for path in ["/nothing", "/nothing.js", "/login/nothing/"] {
        let response = send(&server, &format!("GET {path}"), &[], "").await;
        assert_eq!((response.status, response.header("content-type")), (404, "text/html; charset=utf-8"));
        assert!(response.body.contains("Page not found"), "{}", response.body);
    }
    let other = send(&server, "POST /", &[], "").await;
    assert_eq!((other.status, other.body.as_str()), (404, r#"{"message":"Not Found"}"#));
}

#[tokio::test]
async fn the_api_answers_on_the_same_origin_whatever_the_folder_holds() {
    let folder = folder();
    let server = start(&folder).await;
    let status = send(&server, "GET /sessions/", &[], "").await;
    assert_eq!((status.status, status.header("content-type")), (401, "application/problem+json"));
    let origin = format!("Origin: {}", server.url());
    assert_eq!(send(&server, "POST /sessions/", &[&origin, JSON], LOGIN).await.status, 200);
}

#[tokio::test]
async fn at_a_wrong_address_a_page_names_the_right_one() {
    let page = start_with(&["--port", "0"], &[]).await.unwrap();
    let folder = folder();
    let site = start(&folder).await;
    for server in [&page, &site] {
        let wrong = send(server, "GET /", &["Host: 0.0.0.0:9000"], "").await;
        assert_eq!((wrong.status, wrong.header("content-type")), (421, "text/html; charset=utf-8"));
        assert!(wrong.body.contains(server.url()), "{}", wrong.body);
        assert_eq!(send(server, "GET /sessions/", &["Host: 0.0.0.0:9000"], "").await.status, 401);
    }
    assert_eq!(send(&site, "GET /", &["Host: evil.test"], "").await.status, 421, "DNS rebinding");
    assert_eq!(send(&page, "GET /", &["Host: app.test"], "").await.status, 200);
}

#[tokio::test]
async fn a_missing_folder_is_an_error_that_escapes_control_characters() {
    let error = start_with(&["--port", "0", "--site", "/nowhere/\u{1b}[31m"], &[]).await.err().unwrap();
    assert_eq!(local::one_line(&error), "cannot serve /nowhere/\\u{1b}[31m: it is not a folder");
}
