//! The authorizer on AWS Lambda.

use authorizer::Authorizer;
use shared::gateway::process;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    process::run::<Authorizer>().await
}
