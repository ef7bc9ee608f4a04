//! A function that makes only the two calls of a status request, with the SDK's own HTTP client.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValue};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use shared::store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http.build_https()).load().await;
    let client = &Client::from_conf(store::with_limits((&config).into()).build());
    run(service_fn(async |_: Request| {
        tokio::try_join!(take(client), find(client))?;
        Ok::<_, Error>(Response::new(Body::from("{\"memberId\":1}")))
    }))
    .await
}

/// The call that `RateLimiter::take` makes.
async fn take(client: &Client) -> Result<(), Error> {
    let update = client.update_item().table_name("RateLimitsTable");
    let update = update
        .key("bucket", store::s("status#203.0.113.7"))
        .update_expression("SET tat = :full_at, expires_at = :expires_at")
        .condition_expression("attribute_not_exists(tat) OR tat <= :now")
        .expression_attribute_values(":full_at", store::n(1_795_348_806_000_000))
        .expression_attribute_values(":expires_at", store::n(1_795_349_106))
        .expression_attribute_values(":now", store::n(1_795_348_800_000_000))
        .return_values(ReturnValue::AllNew);
    update.send().await?;
    Ok(())
}

/// The call that `Sessions::get` makes.
async fn find(client: &Client) -> Result<(), Error> {
    let member = || ("member_id".to_owned(), store::n(1));
    let session = [member(), ("session".to_owned(), store::b(&[7; 32]))].into();
    let keys = |key: store::Item| KeysAndAttributes::builder().keys(key).consistent_read(true).build();
    let batch = client.batch_get_item().request_items("SessionsTable", keys(session)?);
    batch.request_items("EpochsTable", keys([member()].into())?).send().await?;
    Ok(())
}
