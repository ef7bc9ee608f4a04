//! `--site`: files on the same origin as the API.

use crate::http::{Answer, send, send_raw};
use crate::{JSON, LOGIN, start_with};
use local::Server;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with a site, and a file beside the folder that must not be served. `name` distinguishes the
/// tests.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("site-{name}"));
    let _ = fs::remove_dir_all(&folder); // of an earlier run
    fs::create_dir_all(folder.join("site/login")).unwrap();
    fs::create_dir_all(folder.join("site/sessions")).unwrap();
    for (path, content) in [
        ("site/index.html", "<h1>Home</h1>"),
        ("site/login/index.html", "<h1>Log in</h1>"),
        ("site/a b.js", "1"),
        ("site/style.css", "a {}"),
        ("site/icon.svg", "<svg/>"),
        ("site/sessions/index.html", "not the API"),
        ("secret.txt", "secret"),
    ] {
        fs::write(folder.join(path), content).unwrap();
    }
    folder.join("site")
}

async fn start(folder: &Path) -> Server {
    start_with(&["--port", "0", "--site", folder.to_str().unwrap()], &[]).await.unwrap()
}

#[tokio::test]
async fn files_have_the_headers_of_the_deployed_site_and_an_index_stands_for_its_folder() {
    let server = start(&folder("types")).await;
    for (path, content_type, body) in [
        ("/", "text/html", "<h1>Home</h1>"),
        ("/index.html", "text/html", "<h1>Home</h1>"),
        ("/login/", "text/html", "<h1>Log in</h1>"),
        ("/login/?from=x", "text/html", "<h1>Log in</h1>"),
        ("/a%20b.js", "text/javascript", "1"),
        ("/style.css", "text/css", "a {}"),
        ("/icon.svg", "image/svg+xml", "<svg/>"),
    ] {
        let answer = send(&server, &format!("GET {path}"), &[], "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
        assert_eq!(answer.header("content-type"), content_type, "{path}");
        assert_eq!(answer.header("cache-control"), "max-age=0, s-maxage=86400");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(
            answer.header("content-security-policy").starts_with("default-src 'none'; script-src 'self';")
        );
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    }
    let head = send(&server, "HEAD /style.css", &[], "").await;
    assert_eq!((head.status, head.body.as_str(), head.header("content-length")), (200, "", "4"));
    let slash = send(&server, "GET /login?next=%2F", &[], "").await;
    assert_eq!((slash.status, slash.header("location")), (307, "/login/?next=%2F"));
}

#[tokio::test]
async fn a_changed_file_shows_at_the_next_request() {
    let folder = folder("changed");
    let server = start(&folder).await;
    assert_eq!(send(&server, "GET /style.css", &[], "").await.body, "a {}");
    fs::write(folder.join("style.css"), "b {}").unwrap();
    assert_eq!(send(&server, "GET /style.css", &[], "").await.body, "b {}");
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let server = start(&folder("traversal")).await;
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
        let answer = send(&server, &format!("GET {path}"), &[], "").await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.body.contains("secret") && !answer.body.contains("root:"), "{path}");
    }
}

#[tokio::test]
async fn a_missing_file_is_a_page_in_plain_words() {
    let server = start(&folder("missing")).await;
    for path in ["/nothing", "/nothing.js", "/login/nothing/"] {
        let answer = send(&server, &format!("GET {path}"), &[], "").await;
        assert_eq!((answer.status, answer.header("content-type")), (404, "text/html; charset=utf-8"));
        assert!(answer.body.contains("There is no such page"), "{}", answer.body);
    }
    let other = send(&server, "POST /", &[], "").await;
    assert_eq!((other.status, other.body.as_str()), (404, r#"{"message":"Not Found"}"#));
}

#[tokio::test]
async fn the_api_answers_on_the_same_origin_whatever_the_folder_holds() {
    let server = start(&folder("api")).await;
    let status = send(&server, "GET /sessions/", &[], "").await;
    assert_eq!((status.status, status.header("content-type")), (401, "application/problem+json"));
    let origin = format!("Origin: {}", server.url());
    let host = format!("Host: {}", server.url().strip_prefix("http://").unwrap());
    let head = format!(
        "POST /sessions/ HTTP/1.1\r\n{host}\r\n{origin}\r\n{JSON}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        LOGIN.len()
    );
    assert_eq!(send_raw(&server, format!("{head}{LOGIN}").as_bytes()).await.status, 200);
}

async fn opened_as(server: &Server, host: &str, path: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    send_raw(server, request.as_bytes()).await
}

#[tokio::test]
async fn an_address_that_does_not_work_in_a_browser_is_told_the_one_that_does() {
    let page = start_with(&["--port", "0"], &[]).await.unwrap();
    let site = start(&folder("address")).await;
    for server in [&page, &site] {
        let port = server.url().rsplit(':').next().unwrap();
        let answer = opened_as(server, &format!("0.0.0.0:{port}"), "/").await;
        assert_eq!((answer.status, answer.header("content-type")), (421, "text/html; charset=utf-8"));
        assert!(answer.body.contains(server.url()), "{}", answer.body);
        assert_eq!(opened_as(server, &format!("127.0.0.1:{port}"), "/").await.status, 200);
        assert_eq!(opened_as(server, &format!("0.0.0.0:{port}"), "/sessions/").await.status, 401);
    }
    assert_eq!(opened_as(&site, "evil.test", "/").await.status, 421, "a name that was made to point here");
    assert_eq!(opened_as(&page, "app.test", "/").await.status, 200);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_one_line() {
    let error = start_with(&["--port", "0", "--site", "/nowhere"], &[]).await.err().unwrap().to_string();
    assert_eq!(error, "cannot serve /nowhere: it is not a folder");
}
