//! Why a call to `DynamoDB` failed.

use crate::store::MalformedItem;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use std::error::Error as StdError;
use std::fmt;

/// Why a call failed: the chain of causes in words, for the log. It contains neither the request nor the raw response,
/// because the SDK's `Debug` form of a response can contain hashes and keys.
#[derive(Debug)]
pub struct StoreError {
    code: Option<String>,
    causes: String,
    kind: Kind,
}

/// The remedy for an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Make the same call later.
    Transient,
    /// Correct the program or the deployment.
    Permanent,
    /// Repair the tables.
    Inconsistent,
}

/// `DynamoDB`'s codes for errors that a retry can clear: throttling, a conflict with another transaction, or a failure
/// of the service (`DynamoDB` developer guide, "Error handling").
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

/// The code of a read that `DynamoDB` completed only in part.
const UNPROCESSED: &str = "UnprocessedKeys";

impl StoreError {
    /// The cancellation reason of a transaction that conflicted with another write.
    pub(crate) const CONFLICT: &str = "TransactionConflict";

    /// An error that a retry would not fix, such as a response that `DynamoDB` never sends.
    pub fn permanent(what: &str) -> Self {
        Self { code: None, causes: what.to_owned(), kind: Kind::Permanent }
    }

    /// An error that a retry can clear.
    pub fn transient(what: &str) -> Self {
        Self { code: None, causes: what.to_owned(), kind: Kind::Transient }
    }

    /// Tables that contradict each other, for example after a wrong restore. An operator has to repair them.
    pub fn inconsistent(what: &str) -> Self {
        Self { kind: Kind::Inconsistent, ..Self::permanent(what) }
    }

    pub(crate) fn cancelled(reason: &str) -> Self {
        Self {
            code: Some(reason.to_owned()),
            ..Self::transient("a transaction was cancelled in every attempt")
        }
    }

    pub(crate) fn unprocessed() -> Self {
        Self {
            code: Some(UNPROCESSED.to_owned()),
            ..Self::transient("DynamoDB left keys of a read unprocessed")
        }
    }

    /// `DynamoDB`'s code, such as `ResourceNotFoundException`, if there was a response.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether the same call can succeed later, because the database is only throttling, slow or busy.
    pub fn is_transient(&self) -> bool {
        self.kind == Kind::Transient
    }

    /// Whether the tables contradict each other. The text says how.
    pub fn is_inconsistent(&self) -> bool {
        self.kind == Kind::Inconsistent
    }

    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self.code(), Some(Self::CONFLICT | "TransactionConflictException"))
    }

    pub(crate) fn is_unprocessed(&self) -> bool {
        self.code() == Some(UNPROCESSED)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{code}: {}", self.causes),
            None => f.write_str(&self.causes),
        }
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
        let is_transient =
            is_broken_off(&error) || error.code().is_some_and(|it| TRANSIENT_CODES.contains(&it));
        let code = error.code().map(str::to_owned);
        let mut cause: &dyn StdError = &error;
        let mut causes = cause.to_string();
        while let Some(next) = cause.source() {
            causes = causes + ": " + &next.to_string();
            cause = next;
        }
        Self { code, causes, kind: if is_transient { Kind::Transient } else { Kind::Permanent } }
    }
}

/// Whether the call got no response: it took too long, or its connection was refused, closed or reset.
fn is_broken_off<E, R>(error: &SdkError<E, R>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::DispatchFailure(failure) => !failure.is_user(),
        _ => false, // ConstructionFailure and ServiceError; the enum is not exhaustive
    }
}

/// The output of a conditional write; `None` when its condition was false.
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
    fn an_error_contains_no_stored_value() {
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
