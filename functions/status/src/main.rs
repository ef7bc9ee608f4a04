//! `GET /sessions/` on AWS Lambda.

use shared::config::Environment;
use shared::{dynamodb, lambda};
use status::Status;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let status = Status::new(&Environment::of_process(), &dynamodb::connect().await)?;
    status.warm_up().await;
    lambda::run(status).await
}
