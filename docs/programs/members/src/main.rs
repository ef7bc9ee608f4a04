use aws_config::BehaviorVersion;
use aws_sdk_lambda::{Client, primitives::Blob};
use serde_json::{Value, json};

async fn members(client: &Client, request: &Value) -> Result<Value, Box<dyn std::error::Error>> {
    let function = std::env::var("MEMBERS_FUNCTION")?;
    let payload = Blob::new(serde_json::to_vec(request)?);
    let response = client.invoke().function_name(function).payload(payload).send().await?;
    if response.function_error().is_some() {
        return Err("the members function failed".into());
    }
    Ok(serde_json::from_slice(response.payload().ok_or("no payload")?.as_ref())?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    println!("{}", members(&client, &json!({ "action": "find", "memberId": 1 })).await?);
    Ok(())
}
