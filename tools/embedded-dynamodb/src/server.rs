//! `DynamoDB`'s protocol over HTTP.
//!
//! dynoxide's own server is not used, because it answers the preflight of any web page and accepts no middleware.

use crate::page_guard::refuse_pages;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::{Router, serve};
use dynoxide::auth_material::{AuthMaterial, validate};
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use tokio::net::TcpListener;

/// `DynamoDB`'s quota for the size of a request.
const LARGEST_BODY_BYTES: usize = 16 * 1024 * 1024;

/// The API version, which precedes the operation's name in the header `X-Amz-Target`.
const API: &str = "DynamoDB_20120810.";

/// Serves the database until `stopped` completes.
pub(crate) async fn run(
    listener: TcpListener,
    database: Database,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .fallback(respond)
        .layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES))
        .layer(from_fn(refuse_pages))
        .with_state(database);
    serve(listener, router).with_graceful_shutdown(stopped).await
}

async fn respond(State(database): State<Database>, head: Parts, body: Bytes) -> Response {
    let (status, body) = match handle(&database, &head, &body) {
        Ok(body) => (StatusCode::OK, body),
        Err(Error { status, body }) => (status, body),
    };
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response()
}

fn handle(database: &Database, head: &Parts, body: &[u8]) -> Result<String, Error> {
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let target = text("x-amz-target").filter(|_| head.method == Method::POST);
    let operation =
        target.and_then(|target| target.strip_prefix(API)).ok_or_else(Error::unknown_operation)?;
    let signature = AuthMaterial {
        authorization: text("authorization"),
        query: head.uri.query().unwrap_or_default(),
        has_date_header: text("x-amz-date").is_some(),
    };
    validate(signature).map_or(Ok(()), |body| Err(Error::bad_request(body)))?;
    call(database, operation, body)
}

fn call(database: &Database, operation: &str, body: &[u8]) -> Result<String, Error> {
    match operation {
        "BatchExecuteStatement" => run_on(body, |it| database.batch_execute_statement(it)),
        "BatchGetItem" => run_on(body, |it| database.batch_get_item(it)),
        "BatchWriteItem" => run_on(body, |it| database.batch_write_item(it)),
        "CreateTable" => run_on(body, |it| database.create_table(it)),
        "DeleteItem" => run_on(body, |it| database.delete_item(it)),
        "DeleteTable" => run_on(body, |it| database.delete_table(it)),
        "DescribeTable" => run_on(body, |it| database.describe_table(it)),
        "DescribeTimeToLive" => run_on(body, |it| database.describe_time_to_live(it)),
        "ExecuteStatement" => run_on(body, |it| database.execute_statement(it)),
        "ExecuteTransaction" => run_on(body, |it| database.execute_transaction(it)),
        "GetItem" => run_on(body, |it| database.get_item(it)),
        "ListTables" => run_on(body, |it| database.list_tables(it)),
        "PutItem" => run_on(body, |it| database.put_item(it)),
        "Query" => run_on(body, |it| database.query(it)),
        "Scan" => run_on(body, |it| database.scan(it)),
        "TransactGetItems" => run_on(body, |it| database.transact_get_items(it)),
        "TransactWriteItems" => run_on(body, |it| database.transact_write_items(it)),
        "UpdateItem" => run_on(body, |it| database.update_item(it)),
        "UpdateTable" => run_on(body, |it| database.update_table(it)),
        "UpdateTimeToLive" => run_on(body, |it| database.update_time_to_live(it)),
        _ => Err(Error::unknown_operation()),
    }
}

fn run_on<Q: DeserializeOwned, R: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Q) -> dynoxide::Result<R>,
) -> Result<String, Error> {
    let malformed = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let request = serde_json::from_slice(body).map_err(malformed)?;
    Ok(serde_json::to_string(&operation(request)?).expect("a response is JSON"))
}

struct Error {
    status: StatusCode,
    body: String,
}

impl Error {
    fn bad_request(body: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, body }
    }

    fn unknown_operation() -> Self {
        Self::bad_request(r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#.to_owned())
    }
}

impl From<DynoxideError> for Error {
    fn from(error: DynoxideError) -> Self {
        let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, body: error.to_json() }
    }
}
