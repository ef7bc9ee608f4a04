//! The embedded database: programs on this machine can use it, and web pages cannot.

use crate::start;
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

/// The unit tests of `page_guard.rs` cover every header.
#[tokio::test]
async fn a_page_does_not_reach_the_database() {
    let server = start().await;
    for method in [Method::POST, Method::OPTIONS] {
        let request = reqwest::Client::new().request(method, server.database_endpoint());
        let request = request.header("origin", "null").header("x-amz-target", "DynamoDB_20120810.ListTables");
        let response = request.header("access-control-request-method", "POST").send().await.unwrap();
        assert_eq!(response.status(), 403);
        assert!(!response.headers().contains_key("access-control-allow-origin"));
    }
}
