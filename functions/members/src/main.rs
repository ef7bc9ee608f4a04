//! The members function on AWS Lambda.

use members_function::MembersFunction;
use shared::gateway::process;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    process::run::<MembersFunction>().await
}
