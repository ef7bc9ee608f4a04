//! A `DynamoDB` that sends the same response to every call: the text that was set last.

use crate::NOW;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, HttpClient, Region, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_types::body::SdkBody;
use shared::config::Environment;
use shared::gateway::audit::write_to;
use shared::gateway::proxy::TrustedProxy;
use shared::gateway::{Request, RequestParts};
use std::cell::RefCell;
use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static RESPONSE: RefCell<String> = RefCell::default();
}

/// Sets the response to all calls of this thread from now on. Each target runs in one thread.
pub(crate) fn respond_with(text: String) {
    RESPONSE.set(text);
}

/// A client of this database.
pub(crate) fn dynamodb() -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url("http://127.0.0.1:1")
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("garbage", "garbage", None, None, "garbage"))
        .retry_config(RetryConfig::disabled())
        .http_client(Wire);
    Client::from_conf(config.build())
}

#[derive(Clone, Debug)]
struct Wire;

impl HttpConnector for Wire {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let text = RESPONSE.with_borrow(String::clone);
        let ok = 200.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, SdkBody::from(text))))
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self)
    }
}

/// The key ring in this table: one key, whose id and secret are zeros.
pub(crate) const RING: &str = r#"{"Item":{"ring":{"S":"sessions"},"current":{"M":{
    "id":{"B":"AAAAAAAA"},"secret":{"B":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    "created_at":{"N":"1800000000000000"}}},"signs_until":{"N":"9000000000000000"}}}"#;

/// A request with these parts. No target logs.
pub(crate) fn request(parts: RequestParts) -> Request {
    static PROXY: LazyLock<TrustedProxy> = LazyLock::new(|| {
        write_to(|_| {});
        TrustedProxy::default()
    });
    Request::new(parts, &PROXY, NOW)
}

/// The environment of a function: the tables' names, and defaults for everything else.
pub(crate) fn environment() -> Environment {
    let tables =
        ["MEMBERS_TABLE", "SESSIONS_TABLE", "EPOCHS_TABLE", "RATE_LIMITS_TABLE", "SIGNING_KEYS_TABLE"];
    tables.into_iter().map(|name| (name.to_owned(), name.to_owned())).collect()
}

/// Runs a future that waits only for this database.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
