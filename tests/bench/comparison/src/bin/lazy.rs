//! `GET /sessions/` without any work before the first request.

use lambda_runtime::Error;
use shared::config::Environment;
use shared::gateway::Gateway;
use shared::gateway::process::{Start, serve};
use shared::store;
use status::Status;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve(Gateway::<Status>::new(&Environment::from_env(), &store::connect_on_lambda())?).await
}
