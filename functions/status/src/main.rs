//! `GET /sessions/` on AWS Lambda.

use shared::config::Environment;
use shared::gateway::{lambda, process};
use shared::store;
use status::Status;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    process::run(Box::pin(serve())).await
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let status = Status::new(&Environment::from_env(), &store::connect().await)?;
    status.open_connections().await;
    lambda::run(status).await
}
