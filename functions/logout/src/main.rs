//! `DELETE /sessions/` on AWS Lambda.

use logout::Logout;
use shared::config::Environment;
use shared::{dynamodb, lambda};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let logout = Logout::new(&Environment::of_process(), &dynamodb::connect().await)?;
    logout.warm_up().await;
    lambda::run(logout).await
}
