//! The local server, over real sockets.

mod database;
mod http;
mod https;
mod invocations;
mod origins;
mod process;
mod site;

use clap::Parser;
use http::{Response, connect, send, send_raw};
use local::{Error, Options, Server};
use shared::config::Environment;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LOGIN: &str = r#"{"email":"test@tozo.invalid","password":"password"}"#;
const JSON: &str = "Content-Type: application/json";

/// Starts the server with these arguments and variables, and with the fastest hashes that are allowed.
async fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Server, Error> {
    let options = Options::parse_from(["local"].iter().chain(arguments));
    let variables = [("BCRYPT_COST", "10")].iter().chain(variables);
    let environment: Environment =
        variables.map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    shared::gateway::audit::write_to(|line| eprintln!("{line}")); // shown only if a test fails
    Server::start(&options, &environment).await
}

async fn start() -> Server {
    start_with(&["--port", "0"], &[]).await.unwrap()
}

/// The `Cookie` header line with the session cookie of a login.
fn cookie(login: &Response) -> String {
    let (cookie, _attributes) = login.headers("set-cookie")[0].split_once(';').unwrap();
    format!("Cookie: {cookie}")
}

#[tokio::test]
async fn a_member_logs_in_and_out() {
    let server = start().await;
    let login = send(&server, "POST /sessions/", &[JSON], LOGIN).await;
    assert_eq!((login.status, login.body.as_str()), (200, "{}"));
    let cookies = login.headers("set-cookie");
    let names: Vec<_> = cookies.iter().map(|cookie| cookie.split('=').next().unwrap()).collect();
    assert_eq!(names, ["__Host-Http-session", "__Host-Http-device"]);
    let cookie = cookie(&login);

    let status = send(&server, "GET /sessions/", &[&cookie], "").await;
    assert_eq!((status.status, status.body.as_str()), (200, r#"{"memberId":1}"#));
    assert_eq!(status.header("cache-control"), "no-store");

    let logout = send(&server, "DELETE /sessions/?all=true", &[&cookie], "").await;
    assert_eq!((logout.status, logout.body.as_str()), (200, "{}"));
    assert_eq!(send(&server, "GET /sessions", &[&cookie], "").await.status, 401);
}

#[tokio::test]
async fn the_example_is_for_members_with_a_live_session() {
    let server = start().await;
    let visitor = send(&server, "GET /example", &[], "").await;
    assert_eq!((visitor.status, visitor.body.as_str()), (401, r#"{"message":"Unauthorized"}"#));
    let cookie = cookie(&send(&server, "POST /sessions/", &[JSON], LOGIN).await);
    for _ in 0..12 {
        let example = send(&server, "GET /example", &[&cookie], "").await;
        assert_eq!((example.status, example.body.as_str()), (200, r#"{"hello":1}"#), "without a limit");
    }
    assert_eq!(send(&server, "POST /example", &[&cookie], "").await.status, 404);
    assert_eq!(send(&server, "DELETE /sessions/", &[&cookie], "").await.status, 200);
    let ended = send(&server, "GET /example", &[&cookie], "").await;
    assert_eq!((ended.status, ended.body.as_str()), (403, r#"{"message":"Forbidden"}"#));
}

#[tokio::test]
async fn the_page_is_read_and_takes_nothing_from_a_quota() {
    let server = start_with(&["--port", "0"], &[("STATUS_QUOTA", "1/60")]).await.unwrap();
    let page = send(&server, "GET /", &[], "").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.body.starts_with("<!doctype html>"));
    assert!(page.headers("ratelimit").is_empty());

    let head = send(&server, "HEAD /", &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), page.header("content-length"));
    assert_eq!(send(&server, "GET /sessions/", &[], "").await.status, 401);
}

#[tokio::test]
async fn a_request_without_a_route_is_the_gateways_404() {
    let server = start().await;
    for target in ["POST /", "GET /nothing", "GET /sessionsx", "PUT /sessions/", "BREW /sessions"] {
        let response = send(&server, target, &[], "").await;
        assert_eq!(
            (response.status, response.body.as_str()),
            (404, r#"{"message":"Not Found"}"#),
            "{target}"
        );
        assert_eq!(response.header("content-type"), "application/json");
    }
    let asterisk = b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(send_raw(&server, asterisk).await.0, 404);
    let response = send(&server, "GET /sessions/1", &[], "").await;
    assert_eq!((response.status, response.header("content-type")), (404, "application/problem+json"));
}

#[tokio::test]
async fn a_malformed_request_gets_a_response() {
    let server = start().await;
    let get = |headers: &[u8]| {
        let line = b"GET /sessions/?%zz HTTP/1.1\r\nConnection: close\r\n";
        [line, headers, b"\r\n\r\n"].concat()
    };
    for (headers, status) in [
        (&b"Host: a b"[..], 400),
        (b"Host: localhost:99999", 400),
        (b"X: y", 400),
        (b"Host: localhost\r\nUser-Agent: caf\xe9\r\nCookie: caf\xe9", 401),
        (b"Host: localhost\r\nX-Forwarded-Proto: no scheme", 401),
        (b"Host: localhost\r\nCookie: ;;; =\r\nCookie:", 401),
    ] {
        assert_eq!(send_raw(&server, &get(headers)).await.0, status, "{}", headers.escape_ascii());
    }
}

#[tokio::test]
async fn an_open_connection_does_not_delay_the_stop() {
    let server = start().await;
    let mut half = connect(&server).await;
    half.write_all(b"POST /sessions/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        .await
        .unwrap();
    let _silent = connect(&server).await;
    tokio::time::sleep(Duration::from_millis(100)).await; // until both connections are accepted
    let begun = Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_database_elsewhere_gets_the_credentials_and_the_region_of_the_environment() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", elsewhere.local_addr().unwrap());
    let arguments = ["--port", "0", "--dynamodb-endpoint", &endpoint];
    let own = [
        ("AWS_ACCESS_KEY_ID", "ada"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_REGION", "eu-north-1"),
    ];
    let mut request = [0; 4096];
    let asked = async {
        let (mut connection, _) = elsewhere.accept().await.unwrap();
        connection.read(&mut request).await.unwrap()
    };
    let length = tokio::select! {
        length = asked => length,
        _ = start_with(&arguments, &own) => panic!("the server made no call"),
    };
    let request = String::from_utf8_lossy(&request[..length]);
    assert!(request.contains("Credential=ada/") && request.contains("/eu-north-1/dynamodb/"), "{request}");
    assert!(!request.to_lowercase().contains("x-amz-security-token"), "{request}");
}

#[tokio::test]
async fn a_session_in_a_folder_outlives_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--port", "0", "--data", folder.path().to_str().unwrap()];
    let server = start_with(&arguments, &[]).await.unwrap();
    let cookie = cookie(&send(&server, "POST /sessions/", &[JSON], LOGIN).await);
    server.stop().await;

    let server = start_with(&arguments, &[]).await.unwrap();
    let status = send(&server, "GET /sessions/", &[&cookie], "").await;
    assert_eq!(status.body, r#"{"memberId":1}"#);
}
