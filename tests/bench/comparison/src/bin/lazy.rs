//! `GET /sessions/` with nothing done ahead of the first request.

use lambda_runtime::Error;
use shared::config::Environment;
use shared::{dynamodb, lambda};
use status::Status;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::run(Status::new(&Environment::of_process(), &dynamodb::connect().await)?).await
}
