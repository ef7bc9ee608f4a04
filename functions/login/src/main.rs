//! `POST /sessions/` on AWS Lambda.

use login::Login;
use shared::config::Environment;
use shared::{dynamodb, lambda};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let login = Login::new(&Environment::of_process(), &dynamodb::connect().await)?;
    login.warm_up().await;
    lambda::run(login).await
}
