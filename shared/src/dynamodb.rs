//! The connection to `DynamoDB`, its items as Rust values, and its faults as one error.

use crate::authorities;
use crate::error::Error;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, http_client_fn};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// An item as the SDK hands it over.
pub type Item = HashMap<String, AttributeValue>;

/// Connects with the SDK's own settings: region, credentials and `AWS_ENDPOINT_URL_DYNAMODB` from the
/// environment. Opens nothing yet.
pub async fn connect() -> Client {
    Client::from_conf(with_limits((&sdk_config().await).into()).build())
}

/// The SDK's own settings, for a client of any service, and one connector for all calls. The SDK's own HTTP
/// client makes one to throw away before the one that it uses, and each takes in all certificate authorities.
pub async fn sdk_config() -> SdkConfig {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    let connector = authorities::connector(settings);
    let http = http_client_fn(move |_, _| connector.clone());
    aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await
}

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Time-outs under the functions' own 10 seconds, and the SDK's standard retries: three attempts.
#[must_use]
pub fn with_limits(config: Builder) -> Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(5))
        .build();
    config.timeout_config(timeouts).retry_config(RetryConfig::standard())
}

/// A number attribute.
#[must_use]
pub fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A string attribute.
#[must_use]
pub fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A binary attribute.
#[must_use]
pub fn b(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// The unsigned number in `name`, if the item has one there.
#[must_use]
pub fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The string in `name`, if the item has one there.
#[must_use]
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The boolean in `name`, if the item has one there.
#[must_use]
pub fn flag(item: &Item, name: &str) -> Option<bool> {
    item.get(name)?.as_bool().ok().copied()
}

/// The `N` bytes in `name`, if the item has exactly so many there.
#[must_use]
pub fn bytes<const N: usize>(item: &Item, name: &str) -> Option<[u8; N]> {
    item.get(name)?.as_b().ok()?.as_ref().try_into().ok()
}

/// An item that cannot be used: an attribute is missing, or of another type or form than we write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{attribute} of an item of {table} cannot be read")]
pub struct Unreadable {
    /// The table, by its name in the template.
    pub table: &'static str,
    /// The attribute.
    pub attribute: &'static str,
}

impl From<Unreadable> for Fault {
    fn from(unreadable: Unreadable) -> Self {
        Self::unexpected(&unreadable.to_string())
    }
}

/// What a conditional write gave; `None` when its condition did not hold.
///
/// # Errors
/// [`Error::Unavailable`] for every other failure.
pub fn if_condition_held<T, E, R>(result: Result<T, SdkError<E, R>>) -> Result<Option<T>, Error>
where
    E: StdError + ProvideErrorMetadata + 'static,
    R: fmt::Debug + 'static,
{
    match result {
        Ok(output) => Ok(Some(output)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Why a call failed, for the log: the chain of causes in words. Never the request, and never the raw
/// response, which the SDK's `Debug` form holds and which can carry hashes and keys.
#[derive(Debug)]
pub struct Fault {
    causes: String,
    is_passing: bool,
}

/// `DynamoDB`'s codes of what a later call may not meet: too many calls, a write beside another's
/// transaction, a fault of its own.
const PASSING_CODES: [&str; 8] = [
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "Throttling",
    "TransactionConflictException",
    "TransactionInProgressException",
];

impl Fault {
    /// A fault that is no SDK error: an answer of a form that `DynamoDB` never gives.
    #[must_use]
    pub fn unexpected(what: &str) -> Self {
        Self { causes: what.to_owned(), is_passing: false }
    }

    /// A fault that a later call may not meet.
    #[must_use]
    pub fn passing(what: &str) -> Self {
        Self { causes: what.to_owned(), is_passing: true }
    }

    /// Whether the same call may well succeed a while later: the database is there, and throttling, slow
    /// or at odds with itself.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        self.is_passing
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.causes)
    }
}

impl<E, R> From<SdkError<E, R>> for Fault
where
    E: StdError + ProvideErrorMetadata + 'static,
    R: fmt::Debug + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        let is_passing = matches!(error, SdkError::TimeoutError(_))
            || error.code().is_some_and(|code| PASSING_CODES.contains(&code));
        let code = error.code().map(|code| format!("{code}: ")).unwrap_or_default();
        let mut cause: &dyn StdError = &error;
        let mut chain = code + &cause.to_string();
        while let Some(next) = cause.source() {
            chain = chain + ": " + &next.to_string();
            cause = next;
        }
        Self { causes: chain, is_passing }
    }
}

/// Any failed call means the same to the client: try again.
impl<E, R> From<SdkError<E, R>> for Error
where
    E: StdError + ProvideErrorMetadata + 'static,
    R: fmt::Debug + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        Self::Unavailable(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::config::http::HttpResponse;
    use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;

    #[test]
    fn a_fault_holds_nothing_of_what_was_stored() {
        let refused = ConditionalCheckFailedException::builder()
            .message("The conditional request failed")
            .item("password_hash", s("$2b$12$secret"))
            .build();
        let response = HttpResponse::new(400.try_into().unwrap(), "$2b$12$secret".into());
        let error = UpdateItemError::ConditionalCheckFailedException(refused);
        let fault = Fault::from(SdkError::service_error(error, response));
        assert!(fault.to_string().contains("The conditional request failed"), "{fault}");
        assert!(!format!("{fault} {fault:?}").contains("secret"));
    }

    #[test]
    fn throttling_and_time_outs_pass_and_a_missing_table_does_not() {
        use aws_sdk_dynamodb::error::ErrorMetadata;
        let fault = |code: &str| {
            let error = UpdateItemError::generic(ErrorMetadata::builder().code(code).build());
            Fault::from(SdkError::service_error(error, HttpResponse::new(400.try_into().unwrap(), "".into())))
        };
        assert!(fault("ThrottlingException").is_passing());
        assert!(fault("ProvisionedThroughputExceededException").is_passing());
        assert!(!fault("ResourceNotFoundException").is_passing());
        assert!(Fault::from(SdkError::<UpdateItemError, HttpResponse>::timeout_error("slow")).is_passing());
    }
}
