//! `POST /sessions/` on AWS Lambda.

use login::Login;
use shared::config::Environment;
use shared::gateway::lambda;
use shared::store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let login = Login::new(&Environment::from_env(), &store::connect().await)?;
    login.load_keys().await;
    lambda::run(login).await
}
