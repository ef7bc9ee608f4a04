//! `POST /sessions/` on AWS Lambda.

use login::Login;
use shared::config::Environment;
use shared::gateway::{lambda, process};
use shared::store;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    process::run(Box::pin(serve())).await
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let login = Login::new(&Environment::from_env(), &store::connect().await)?;
    login.load_keys().await;
    lambda::run(login).await
}
