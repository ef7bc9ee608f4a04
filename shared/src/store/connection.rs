//! The client of `DynamoDB`: where it connects to, and how long a call may take.

use crate::store::tls_roots;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, http_client_fn};
use std::time::Duration;

/// How long it may take to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long one attempt of a call may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a call may take with its retries.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest pause before the first retry; the next pause may be twice as long. A random part of each pause is used.
/// The SDK's own 1 s is for servers that are overloaded. What fails here more often is a connection that was reset while
/// the instance was frozen, and the next connection works at once.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Makes the client. Region, credentials and `AWS_ENDPOINT_URL_DYNAMODB` come from the environment, as the SDK
/// reads it. The first call opens the first connection.
pub async fn connect() -> Client {
    Client::from_conf(with_limits((&sdk_config().await).into()).build())
}

/// The SDK's settings for a client of any service, with one HTTP connector for all calls. The SDK's own HTTP client
/// builds a second connector and drops it, and each connector parses all root certificates.
pub async fn sdk_config() -> SdkConfig {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    let connector = tls_roots::connector(settings);
    let http = http_client_fn(move |_, _| connector.clone());
    aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await
}

/// Adds timeouts that are shorter than the functions' own 10 seconds, and the SDK's standard retries with short pauses:
/// three attempts.
#[must_use]
pub fn with_limits(config: Builder) -> Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    config.timeout_config(timeouts).retry_config(RetryConfig::standard().with_initial_backoff(FIRST_PAUSE))
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
