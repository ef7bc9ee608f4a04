//! The authorizer on AWS Lambda.

use authorizer::Authorizer;
use shared::config::Environment;
use shared::gateway::process;
use shared::store;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    process::run(Box::pin(serve())).await
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let authorizer = Authorizer::new(&Environment::from_env(), &store::connect().await)?;
    authorizer.load_keys().await;
    authorizer::run(authorizer).await
}
