//! `GET /sessions/` on AWS Lambda.

use shared::config::Environment;
use shared::gateway::lambda;
use shared::store;
use status::Status;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let status = Status::new(&Environment::from_env(), &store::connect().await)?;
    status.open_connections().await;
    lambda::run(status).await
}
