//! `DELETE /sessions/` on AWS Lambda.

use logout::Logout;
use shared::config::Environment;
use shared::gateway::lambda;
use shared::store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let logout = Logout::new(&Environment::from_env(), &store::connect().await)?;
    logout.load_keys().await;
    lambda::run(logout).await
}
