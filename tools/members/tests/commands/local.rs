//! The command line on the local server's database.

use crate::program::{PASSWORD, Tables, bare_program, email, said, stub, with_input};
use axum::http::StatusCode;
use clap::Parser;
use local::{Options, Server};
use shared::config::Environment;
use shared::timestamp::Timestamp;

#[tokio::test(flavor = "multi_thread")]
async fn a_member_added_to_the_local_server_logs_in() {
    let settings = [("BCRYPT_COST".to_owned(), "10".to_owned())].into_iter().collect::<Environment>();
    shared::gateway::audit::write_to(|line| eprintln!("{line}")); // shown only if a test fails
    let server = Server::start(&Options::parse_from(["local", "--port", "0"]), &settings).await.unwrap();
    let local = format!("--local={}", server.database_endpoint());
    let mut add = bare_program(&["add", "ada@example.com", "--password-stdin", "--allow-weak", &local]);
    assert_eq!(with_input(add.env_remove("AWS_ACCESS_KEY_ID"), PASSWORD).code, Some(0));
    let login = reqwest::Client::new().post(format!("{}/sessions/", server.url()));
    let login = login.header("content-type", "application/json");
    let body = format!(r#"{{"email":"ada@example.com","password":"{PASSWORD}"}}"#);
    assert_eq!(login.body(body).send().await.unwrap().status(), 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_cost_is_12() {
    let tables = Tables::start().await;
    let hash = "$2b$12$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u".parse().unwrap();
    tables.accounts().add(&email("ada@example.com"), &hash, Timestamp::now()).await.unwrap();
    for (cost, usable) in [(None, true), (Some("11"), false)] {
        let mut list = tables.program(&["list", "--json", &format!("--local={}", tables.endpoint())]);
        list.env_remove("BCRYPT_COST").envs(cost.map(|cost| ("BCRYPT_COST", cost)));
        assert_eq!(said(&list.output().unwrap()).record()["usableHash"], usable);
    }
}

/// The response is that of `DynamoDB` Local if the tables were created with another access key or in another region.
#[tokio::test(flavor = "multi_thread")]
async fn the_error_for_missing_tables_says_that_the_database_runs() {
    let missing = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Cannot do operations on a non-existent table"}"#;
    let endpoint = stub(StatusCode::BAD_REQUEST, missing.to_owned(), |headers, _| {
        assert!(!headers.contains_key("x-amz-security-token"), "the session token was sent");
    })
    .await;
    let mut list = bare_program(&["list", &format!("--local={endpoint}")]);
    let said = said(&list.env("AWS_SESSION_TOKEN", "secret").output().unwrap());
    assert!(said.error().contains(&format!("the database at {endpoint} runs, ")), "{}", said.error());
    assert!(said.error().contains("AWS_ACCESS_KEY_ID") && said.error().contains("AWS_REGION"));
    assert!(!said.error().contains("cargo run"));
}
