//! `members`: the operator's command line.

use members::Options;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    members::run(&Options::from_env()).await
}
