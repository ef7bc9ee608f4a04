//! Invokes the members function as an application does. `docs/members-function.md` shows the Rust function `members`
//! with its imports.

use aws_config::BehaviorVersion;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use aws_sdk_lambda::{Client, primitives::Blob};
use serde_json::{Value, json};
use std::error::Error;

async fn members(client: &Client, request: &Value) -> Result<Value, Box<dyn Error>> {
    let function = std::env::var("MEMBERS_FUNCTION")?;
    let payload = Blob::new(serde_json::to_vec(request)?);
    let response = client.invoke().function_name(function).payload(payload).send().await?;
    if response.function_error().is_some() {
        return Err("the members function failed".into());
    }
    Ok(serde_json::from_slice(response.payload().ok_or("no payload")?.as_ref())?)
}

/// Uses this repository's TLS provider. With the default features of `aws-config` and `aws-sdk-lambda`,
/// `aws_config::load_defaults` is enough.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    println!("{}", members(&Client::new(&config), &json!({ "action": "find", "memberId": 1 })).await?);
    Ok(())
}
