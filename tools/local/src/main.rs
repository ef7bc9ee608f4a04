//! `cargo run`: the whole API on localhost.

use clap::Parser;
use local::Options;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    local::run(&Options::parse()).await
}
