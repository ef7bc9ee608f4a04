//! Faults of a call.

use super::ProxyState;
use super::message::Message;
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A fault of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call's connection is closed, and new connections are refused. Other connections stay open.
    Refused,
    /// The connection is closed, and the database does not receive the call.
    Closed,
    /// The connection is reset in the middle of the response.
    Reset,
    /// The response never arrives.
    Hung,
    /// The call arrives three seconds late.
    Slow,
    /// `ProvisionedThroughputExceededException`.
    OverThroughput,
    /// `ThrottlingException`.
    Throttled,
    /// `InternalServerError`, with status 500.
    ServerError,
    /// The response has half of its JSON, with a matching `Content-Length`.
    Truncated,
    /// The response has the database's status, but is not JSON.
    Garbage,
    /// The database executes the call, and the response is lost.
    Lost,
    /// `ExpiredTokenException`.
    ExpiredToken,
    /// `UnrecognizedClientException`.
    UnrecognizedClient,
    /// The database's clock is ahead by more than the allowed age of a signature (5 minutes).
    ClockAhead,
    /// The database's clock is behind by the same amount.
    ClockBehind,
    /// The transaction is cancelled because another transaction uses one of its items.
    Conflict,
    /// The database leaves all keys of the read unprocessed.
    Unprocessed,
    /// The call waits until the proxy is healed, and then succeeds.
    Held,
}

/// The state of the connection after the response.
pub(super) enum Ending {
    /// The connection serves the next request.
    Whole,
    /// The connection is closed.
    Closed,
    /// The connection is reset.
    Reset,
}

/// The delay of a slow call: longer than the timeout of an attempt.
const SLOW: Duration = Duration::from_secs(3);

/// The allowed age of a signature (AWS General Reference, "Signature Version 4").
const SIGNATURE_LASTS: Duration = Duration::from_mins(5);

/// How far a wrong clock is off: the allowed age of a signature, plus more time than a test takes.
const SKEW: Duration = Duration::from_secs(5 * 60 + 5);

impl ProxyState {
    /// The response to a call, and the state of the connection after the response.
    pub(super) async fn respond(
        self: &Arc<Self>,
        request: &Message,
        fault: Option<Fault>,
    ) -> (Vec<u8>, Ending) {
        let Some(fault) = fault else { return whole(&self.forward(request).await) };
        match fault {
            Fault::Refused => self.refuse(),
            Fault::Closed => {}
            Fault::Lost => drop(self.forward(request).await),
            Fault::Reset => {
                let bytes = self.forward(request).await.bytes();
                return (bytes[..bytes.len() / 2].to_vec(), Ending::Reset);
            }
            Fault::Hung => std::future::pending().await,
            Fault::Slow => {
                tokio::time::sleep(SLOW).await;
                return whole(&self.forward(request).await);
            }
            Fault::Held => {
                let _ = self.healed.subscribe().changed().await;
                return whole(&self.forward(request).await);
            }
            Fault::Truncated => {
                let response = self.forward(request).await;
                let half = response.body[..response.body.len() / 2].to_vec();
                return whole(&response.with_body(&half));
            }
            Fault::Garbage => {
                return whole(&self.forward(request).await.with_body(b"<html>Bad Gateway</html>"));
            }
            Fault::ClockAhead => return self.skewed(request, SystemTime::now() + SKEW).await,
            Fault::ClockBehind => return self.skewed(request, SystemTime::now() - SKEW).await,
            Fault::OverThroughput => return error("ProvisionedThroughputExceededException"),
            Fault::Throttled => return error("ThrottlingException"),
            Fault::ServerError => return error("InternalServerError"),
            Fault::ExpiredToken => return error("ExpiredTokenException"),
            Fault::UnrecognizedClient => return error("UnrecognizedClientException"),
            Fault::Conflict => return whole(&Message::response(400, CONFLICT)),
            Fault::Unprocessed => return whole(&Message::response(200, &unprocessed(request))),
        }
        (Vec::new(), Ending::Closed)
    }

    /// The response of a database whose clock is at `now`.
    async fn skewed(&self, request: &Message, now: SystemTime) -> (Vec<u8>, Ending) {
        let signed = signed_at(request.header("x-amz-date"));
        let age = now.duration_since(signed).unwrap_or_else(|early| early.duration());
        let response = if age > SIGNATURE_LASTS {
            Message::response(400, &error_body("InvalidSignatureException", "Signature expired"))
        } else {
            self.forward(request).await
        };
        let date = DateTime::from(now).fmt(DateTimeFormat::HttpDate).expect("a date of this century");
        whole(&response.with_header("Date", &date))
    }
}

/// Parses a time of the form `20260102T030405Z`.
fn signed_at(date: &str) -> SystemTime {
    let part = |range: std::ops::Range<usize>| date.get(range).unwrap_or("00");
    let (year, month, day) = (part(0..4), part(4..6), part(6..8));
    let (hour, minute, second) = (part(9..11), part(11..13), part(13..15));
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    let date = DateTime::from_str(&text, DateTimeFormat::DateTime).expect("every request has a date");
    date.try_into().expect("a time after 1970")
}

fn whole(response: &Message) -> (Vec<u8>, Ending) {
    (response.bytes(), Ending::Whole)
}

/// An error response of `DynamoDB`.
fn error(code: &str) -> (Vec<u8>, Ending) {
    let status = if code == "InternalServerError" { 500 } else { 400 };
    whole(&Message::response(status, &error_body(code, "injected by the fault proxy")))
}

fn error_body(code: &str, message: &str) -> String {
    format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"{message}"}}"#)
}

/// `DynamoDB`'s response to a `BatchGetItem` when it is busy.
fn unprocessed(request: &Message) -> String {
    let request: Value = serde_json::from_slice(&request.body).expect("every request is JSON");
    json!({"Responses": {}, "UnprocessedKeys": request["RequestItems"]}).to_string()
}

/// `DynamoDB`'s response to a transaction that conflicts with another.
const CONFLICT: &str = r#"{
    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "Message": "Transaction cancelled",
    "CancellationReasons": [{ "Code": "TransactionConflict" }, { "Code": "None" }]
}"#;
