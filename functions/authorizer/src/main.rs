//! The authorizer on AWS Lambda.

use authorizer::Authorizer;
use shared::config::Environment;
use shared::store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let authorizer = Authorizer::new(&Environment::from_env(), &store::connect().await)?;
    authorizer.load_keys().await;
    authorizer::run(authorizer).await
}
