//! The members function on AWS Lambda.

use members_function::MembersFunction;
use shared::config::Environment;
use shared::gateway::process;
use shared::store;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    process::run(Box::pin(serve())).await
}

async fn serve() -> Result<(), lambda_runtime::Error> {
    let function = MembersFunction::new(&Environment::from_env(), &store::connect().await)?;
    members_function::run(function).await
}
