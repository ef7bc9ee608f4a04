//! `DELETE /sessions/` on AWS Lambda.

use logout::Logout;
use shared::config::Environment;
use shared::gateway::{lambda, process};
use shared::store;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    process::run(Box::pin(serve())).await
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let logout = Logout::new(&Environment::from_env(), &store::connect().await)?;
    logout.load_keys().await;
    lambda::run(logout).await
}
