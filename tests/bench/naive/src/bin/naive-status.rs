//! `GET /sessions/`, wired with every default.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use status::Status;
use shared::config::Environment;
use shared::gateway::lambda;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    lambda::run(Status::new(&Environment::from_env(), &client)?).await
}
