//! The command line beside the local server.

use crate::program::{PASSWORD, Tables, bare_program, said};
use crate::wire::{answer, serve};
use clap::Parser;
use local::{Options, Server};
use shared::config::Environment;
use std::io::Write;
use std::process::Stdio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The local server with hashes of this cost.
async fn server(cost: &str) -> Server {
    let settings = [("BCRYPT_COST".to_owned(), cost.to_owned())].into_iter().collect::<Environment>();
    shared::gateway::audit::write_to(|line| eprintln!("{line}")); // shown only if a test fails
    Server::start(&Options::parse_from(["local", "--port", "0"]), &settings).await.unwrap()
}

/// The status of a login.
async fn log_in(server: &Server, email: &str) -> String {
    let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
    let head =
        "POST /sessions/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json";
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut connection = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_added_to_the_local_server_logs_in() {
    let server = server("10").await;
    let local = format!("--local={}", server.database_endpoint());
    let mut add = bare_program(&["add", "ada@example.com", "--password-stdin", "--allow-weak", &local]);
    add.env("BCRYPT_COST", "10").env_remove("AWS_ACCESS_KEY_ID").stdin(Stdio::piped());
    let mut add = add.spawn().unwrap();
    add.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert_eq!(said(&add.wait_with_output().unwrap()).code, Some(0));
    assert_eq!(log_in(&server, "ada@example.com").await, "200");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_usual_cost_is_12() {
    let tables = Tables::start().await;
    let hash = "$2b$12$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u".parse().unwrap();
    let now = shared::timestamp::Timestamp::now();
    tables.accounts().add(&crate::program::email("ada@example.com"), &hash, now).await.unwrap();
    for (cost, usable) in [(None, true), (Some("11"), false)] {
        let mut list = tables.program(&["list", "--json", &format!("--local={}", tables.endpoint())]);
        list.env_remove("BCRYPT_COST").envs(cost.map(|cost| ("BCRYPT_COST", cost)));
        assert_eq!(said(&list.output().unwrap()).record()["usableHash"], usable);
    }
}

/// As `DynamoDB` Local answers for tables that were made with another access key or in another region.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_runs_without_our_tables_is_not_said_to_be_away() {
    let missing = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Cannot do operations on a non-existent table"}"#;
    let endpoint = serve(move |request| async move {
        assert!(request.header("x-amz-security-token").is_none(), "the session token was sent");
        answer("400 Bad Request", missing)
    })
    .await;
    for cost in ["", "10"] {
        let mut list = bare_program(&["list", &format!("--local={endpoint}")]);
        list.env("BCRYPT_COST", cost).env("AWS_SESSION_TOKEN", "secret");
        let said = said(&list.output().unwrap());
        assert!(said.error().contains(&format!("the database at {endpoint} runs, ")), "{}", said.error());
        assert!(said.error().contains("AWS_ACCESS_KEY_ID") && said.error().contains("AWS_REGION"));
        assert!(!said.error().contains("cargo run"));
    }
}
