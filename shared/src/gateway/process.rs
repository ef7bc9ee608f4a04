//! The process of a function. Every line that it prints is a line of the log, also when it cannot serve or panics.

use crate::gateway::audit;
use std::process::ExitCode;

/// Runs a function until it ends. Lambda starts another process then.
pub async fn run(serve: impl Future<Output = Result<(), lambda_runtime::Error>>) -> ExitCode {
    std::panic::set_hook(Box::new(audit::panicked));
    match serve.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            audit::not_started(&cause);
            ExitCode::FAILURE
        }
    }
}
