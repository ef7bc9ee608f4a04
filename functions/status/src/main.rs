//! `GET /sessions/` on AWS Lambda.

use shared::gateway::{Gateway, process};
use status::Status;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    process::run::<Gateway<Status>>().await
}
