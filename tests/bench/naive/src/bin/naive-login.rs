//! `POST /sessions/`, wired with every default.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use login::Login;
use shared::config::Environment;
use shared::gateway::Gateway;
use shared::gateway::process::{Start, serve};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    serve(Gateway::<Login>::new(&Environment::from_env(), &client)?).await
}
