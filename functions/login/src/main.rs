//! `POST /sessions/` on AWS Lambda.

use login::Login;
use shared::gateway::{Gateway, process};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    process::run::<Gateway<Login>>().await
}
