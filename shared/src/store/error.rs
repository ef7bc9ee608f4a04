//! Why a call to `DynamoDB` failed.

use crate::store::MalformedItem;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use std::error::Error as StdError;
use std::fmt;

/// Why a call failed: the chain of causes in words, for the log. It holds neither the request nor the raw response,
/// because the SDK's `Debug` form of a response can contain hashes and keys.
#[derive(Debug)]
pub struct StoreError {
    causes: String,
    is_transient: bool,
}

/// `DynamoDB`'s codes of errors that a later call may not meet: throttling, a conflict with another transaction, a
/// failure of the service (`DynamoDB` developer guide, "Error handling").
const TRANSIENT_CODES: [&str; 8] = [
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "Throttling",
    "TransactionConflictException",
    "TransactionInProgressException",
];

impl StoreError {
    /// An error that a retry meets again, such as an answer that `DynamoDB` never gives.
    #[must_use]
    pub fn permanent(what: &str) -> Self {
        Self { causes: what.to_owned(), is_transient: false }
    }

    /// An error that a later call may not meet.
    #[must_use]
    pub fn transient(what: &str) -> Self {
        Self { causes: what.to_owned(), is_transient: true }
    }

    /// Whether the same call can succeed later, because the database is only throttling, slow or busy.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        self.is_transient
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.causes)
    }
}

impl StdError for StoreError {}

impl From<MalformedItem> for StoreError {
    fn from(malformed: MalformedItem) -> Self {
        Self::permanent(&malformed.to_string())
    }
}

impl<E, R> From<SdkError<E, R>> for StoreError
where
    E: StdError + ProvideErrorMetadata + 'static,
    R: fmt::Debug + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        let is_transient = matches!(error, SdkError::TimeoutError(_))
            || error.code().is_some_and(|code| TRANSIENT_CODES.contains(&code));
        let code = error.code().map(|code| format!("{code}: ")).unwrap_or_default();
        let mut cause: &dyn StdError = &error;
        let mut causes = code + &cause.to_string();
        while let Some(next) = cause.source() {
            causes = causes + ": " + &next.to_string();
            cause = next;
        }
        Self { causes, is_transient }
    }
}

/// The output of a conditional write; `None` when its condition was false.
///
/// # Errors
/// Every other failure.
pub fn if_condition_held<T, E, R>(result: Result<T, SdkError<E, R>>) -> Result<Option<T>, StoreError>
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::s;
    use aws_sdk_dynamodb::config::http::HttpResponse;
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;

    #[test]
    fn an_error_holds_nothing_of_what_was_stored() {
        let refused = ConditionalCheckFailedException::builder()
            .message("The conditional request failed")
            .item("password_hash", s("$2b$12$secret"))
            .build();
        let response = HttpResponse::new(400.try_into().unwrap(), "$2b$12$secret".into());
        let error = UpdateItemError::ConditionalCheckFailedException(refused);
        let error = StoreError::from(SdkError::service_error(error, response));
        assert!(error.to_string().contains("The conditional request failed"), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }

    #[test]
    fn throttling_and_timeouts_are_transient_and_a_missing_table_is_not() {
        let error = |code: &str| {
            let error = UpdateItemError::generic(ErrorMetadata::builder().code(code).build());
            let response = HttpResponse::new(400.try_into().unwrap(), "".into());
            StoreError::from(SdkError::service_error(error, response))
        };
        assert!(error("ThrottlingException").is_transient());
        assert!(error("ProvisionedThroughputExceededException").is_transient());
        assert!(!error("ResourceNotFoundException").is_transient());
        let timeout = SdkError::<UpdateItemError, HttpResponse>::timeout_error("slow");
        assert!(StoreError::from(timeout).is_transient());
    }
}
