//! What is logged: one JSON line an event, to standard error, which Lambda keeps.

use crate::error::Error;
use serde_json::json;
use std::io::Write;

/// Logs an answer that is the service's own fault, with its cause; anything else is the client's and is
/// no failure.
pub fn failure(error: &Error) {
    match error {
        Error::Unavailable(fault) => line(&json!({
            "level": "ERROR",
            "event": error.code(),
            "cause": fault.to_string(),
        })),
        Error::Internal => line(&json!({ "level": "ERROR", "event": error.code() })),
        Error::InvalidRequest(_)
        | Error::InvalidCredentials
        | Error::NotAuthenticated
        | Error::CrossSite
        | Error::NotFound
        | Error::PayloadTooLarge
        | Error::UnsupportedMediaType
        | Error::TooManyRequests(_) => {}
    }
}

/// JSON escapes control characters, so no value can forge a line. A log that cannot be written is no
/// reason to fail a request.
fn line(event: &serde_json::Value) {
    let _ = writeln!(std::io::stderr().lock(), "{event}");
}
