//! The process of a function. The process prints only log lines, even if it panics or cannot start.

use crate::config::{ConfigError, Environment};
use crate::gateway::audit;
use crate::store;
use aws_sdk_dynamodb::Client;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::value::RawValue;
use std::process::ExitCode;

/// How a function starts.
pub trait Start: Sized {
    /// Builds the function with the settings in `environment`.
    fn new(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError>;

    /// Does in advance the work that the first event would otherwise wait for. A failure is ignored, because the first
    /// event meets and reports the same failure.
    fn warm_up(&self) -> impl Future<Output = ()> + Send;
}

/// A Lambda function.
pub trait Function: Start {
    /// The result of an event, which Lambda returns as JSON.
    type Output: Serialize;

    /// Handles one event.
    ///
    /// # Errors
    /// When Lambda should report the invocation as failed.
    fn invoke(
        &self,
        event: LambdaEvent<Box<RawValue>>,
    ) -> impl Future<Output = Result<Self::Output, lambda_runtime::Error>>;
}

/// Runs a function until the process ends. Lambda then starts another process.
pub async fn run<F: Function>() -> ExitCode {
    std::panic::set_hook(Box::new(audit::panicked));
    match Box::pin(start::<F>()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            audit::not_started(&cause);
            ExitCode::FAILURE
        }
    }
}

async fn start<F: Function>() -> Result<(), lambda_runtime::Error> {
    let function = F::new(&Environment::from_env(), &store::connect_on_lambda())?;
    function.warm_up().await;
    serve(function).await
}

/// Passes Lambda's events to a function. Returns only when the runtime cannot be reached.
pub async fn serve(function: impl Function) -> Result<(), lambda_runtime::Error> {
    lambda_runtime::run(service_fn(|event| function.invoke(event))).await
}
