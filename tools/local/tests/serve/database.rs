//! The embedded database: programs on this machine use it, and no web page does.

use crate::{start, start_with};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use embedded_dynamodb::local_config;
use reqwest::Method;

#[tokio::test]
async fn an_sdk_reads_the_members() {
    let server = start().await;
    let dynamodb = Client::from_conf(local_config(server.database_endpoint()).build());
    let members = dynamodb.scan().table_name("MembersTable").send().await.unwrap();
    assert!(members.items().iter().any(|it| it["email"].as_s().unwrap() == "test@tozo.invalid"));
    let missing = dynamodb.scan().table_name("Missing").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn a_page_does_not_reach_the_database() {
    let server = start().await;
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "same-site"),
        ("host", "evil.example"),
    ] {
        for method in [Method::POST, Method::OPTIONS, Method::GET] {
            let request = reqwest::Client::new().request(method, server.database_endpoint());
            let request = request.header(name, value).header("x-amz-target", "DynamoDB_20120810.ListTables");
            let response = request.header("access-control-request-method", "POST").send().await.unwrap();
            assert_eq!(response.status(), 403, "{name}: {value}");
            assert!(!response.headers().contains_key("access-control-allow-origin"));
        }
    }
}

#[tokio::test]
async fn a_control_character_in_a_folders_name_is_escaped() {
    let arguments = ["--port", "0", "--site", "/nowhere/\u{1b}[31m"];
    let error = start_with(&arguments, &[]).await.err().unwrap();
    assert_eq!(local::one_line(&error), "cannot serve /nowhere/\\u{1b}[31m: it is not a folder");
}
