//! `GET /example` on AWS Lambda.

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use std::convert::Infallible;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let serve = async |event: LambdaEvent<Value>| Ok::<_, Infallible>(example::answer(&event.payload));
    lambda_runtime::run(service_fn(serve)).await
}
