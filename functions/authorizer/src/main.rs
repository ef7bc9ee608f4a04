//! The authorizer on AWS Lambda.

use authorizer::Authorizer;
use shared::config::Environment;
use shared::dynamodb;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let authorizer = Authorizer::new(&Environment::of_process(), &dynamodb::connect().await)?;
    authorizer.warm_up().await;
    authorizer::run(authorizer).await
}
