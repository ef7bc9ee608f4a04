//! The members function on AWS Lambda.

use members_function::MembersFunction;
use shared::config::Environment;
use shared::store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = MembersFunction::new(&Environment::from_env(), &store::connect().await)?;
    members_function::run(function).await
}
