//! The `DynamoDB` client: its endpoint, its credentials and its timeouts.

use crate::store::tls_roots;
use aws_config::SdkConfig;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Region};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpClient, http_client_fn};
use std::time::Duration;

/// The longest time to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long one attempt of a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a call may take with its retries.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest pause before the first retry. The second pause may be twice as long. The SDK waits for a random part of
/// each pause. The SDK's default of 1 s is for overloaded servers. The more frequent failure here is a connection that
/// was reset while the instance was frozen; a new connection then works immediately.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The client for a function. Lambda passes the region and the credentials only in environment variables. Looking in
/// the SDK's other places would cost startup time and binary size. The first call opens the first connection.
pub fn connect_on_lambda() -> Client {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .region(variable("AWS_REGION").map(Region::new))
        .credentials_provider(EnvironmentVariableCredentialsProvider::new());
    config
        .set_endpoint_url(variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL")))
        .set_use_fips(variable("AWS_USE_FIPS_ENDPOINT").map(|value| value == "true"));
    Client::from_conf(with_limits(config).build())
}

/// The client for a command-line program. The SDK looks for the region and the credentials in all its usual places.
pub async fn connect() -> Client {
    Client::from_conf(with_limits((&sdk_config().await).into()).build())
}

/// The SDK's settings for a client of any service.
pub async fn sdk_config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).http_client(http_client()).load().await
}

/// One HTTP connector for all calls. The SDK's own HTTP client builds a second connector and drops it, and each connector
/// parses all root certificates.
fn http_client() -> SharedHttpClient {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    let connector = tls_roots::connector(settings);
    http_client_fn(move |_, _| connector.clone())
}

/// Adds timeouts that are shorter than the function's timeout of 10 seconds, and the SDK's standard retries with short
/// pauses: three attempts.
pub fn with_limits(config: Builder) -> Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    config.timeout_config(timeouts).retry_config(RetryConfig::standard().with_initial_backoff(FIRST_PAUSE))
}

/// A client with the same connections and another operation timeout: a call with its retries may take as long as
/// `timeout`.
pub fn with_operation_timeout(dynamodb: &Client, timeout: Duration) -> Client {
    let config = dynamodb.config();
    let timeouts = config.timeout_config().map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
    let timeouts = timeouts.operation_timeout(timeout).build();
    Client::from_conf(config.to_builder().timeout_config(timeouts).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_tried_three_times_with_pauses_below_half_a_second() {
        let config = with_limits(Builder::new().behavior_version(BehaviorVersion::latest())).build();
        let retries = config.retry_config().unwrap();
        assert_eq!(retries.max_attempts(), 3);
        let pauses =
            (0..retries.max_attempts() - 1).map(|retry| retries.initial_backoff() * 2_u32.pow(retry));
        assert!(pauses.sum::<Duration>() < Duration::from_millis(500));
    }
}
