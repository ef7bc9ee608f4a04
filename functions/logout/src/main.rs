//! `DELETE /sessions/` on AWS Lambda.

use logout::Logout;
use shared::gateway::{Gateway, process};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    process::run::<Gateway<Logout>>().await
}
