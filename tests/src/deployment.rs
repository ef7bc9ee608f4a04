//! A deployment of the API, over HTTP.

use crate::api::Member;
use crate::client::DEVICE_COOKIE;
use crate::localhost::LocalhostResolver;
use crate::response::Response;
use http::Uri;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};

/// The address of a deployment, and a member who can log in there.
pub struct Deployment {
    /// The scheme, the host and, if it has a name, the gateway's stage.
    base: String,
    pub(crate) origin: String,
    pub(crate) member: Member,
    http: Client<HttpsConnector<HttpConnector<LocalhostResolver>>, Full<VecDeque<u8>>>,
    /// The device cookie of the last login, so that the member's next logins come from a trusted device.
    device: Mutex<Option<String>>,
    shared_login: OnceCell<Response>,
}

/// Why a scenario stopped early: the payload of the panic that stops the scenario.
#[derive(Debug)]
pub struct Skipped(
    /// The reason.
    pub String,
);

/// Longer than any wait that the default client limit causes. A longer wait comes from an account's limit.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The number of refusals after which a scenario is skipped, because other programs must be using the same address.
const MOST_REFUSALS: usize = 20;

/// The longest wait for a response, which is longer than a function may run.
const LONGEST_RESPONSE: Duration = Duration::from_secs(60);

impl Deployment {
    /// The deployment at `url`, which ends in `/sessions/`.
    ///
    /// # Errors
    /// When the URL has another form, or the machine has no root certificates.
    pub fn new(url: &str, member: Member) -> Result<Self, String> {
        let wrong = || format!("API_URL must be like https://api.example.com/sessions/, and is {url}");
        let base = url.trim_end_matches('/').strip_suffix("/sessions").ok_or_else(wrong)?;
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong());
        };
        let https = HttpsConnectorBuilder::new().with_native_roots().map_err(|error| error.to_string())?;
        let mut tcp = HttpConnector::new_with_resolver(LocalhostResolver);
        tcp.enforce_http(false);
        let https = https.https_or_http().enable_http1().wrap_connector(tcp);
        Ok(Self {
            base: base.to_owned(),
            origin: format!("{scheme}://{authority}"),
            member,
            http: Client::builder(TokioExecutor::new()).build(https),
            device: Mutex::default(),
            shared_login: OnceCell::new(),
        })
    }

    pub(crate) async fn shared_login(&self, login: impl Future<Output = Response>) -> Response {
        self.shared_login.get_or_init(|| login).await.clone()
    }

    /// Sends a request, and repeats it after `Retry-After` while a limit refuses it. Panics with [`Skipped`] if that
    /// takes too long.
    pub(crate) async fn send_with_retries(&self, request: &Value) -> Response {
        for _ in 0..MOST_REFUSALS {
            let response = self.send(request).await;
            if response.status != 429 {
                return response;
            }
            let wait = response.retry_after();
            if wait > LONGEST_WAIT {
                let wait = wait.as_secs();
                skip(format!("a limit, probably the account's, demands a wait of {wait} seconds"));
            }
            sleep(wait).await;
        }
        skip("other programs use up the limit of this address".to_owned())
    }

    /// Sends a request, which has the form of the gateway's event.
    pub(crate) async fn send(&self, request: &Value) -> Response {
        let response = timeout(LONGEST_RESPONSE, self.exchange(request)).await;
        let response = response.expect("a response within a minute");
        let device = response.cookies.iter().find(|cookie| cookie.starts_with(DEVICE_COOKIE));
        if let Some(cookie) = device.and_then(|cookie| cookie.split(';').next()) {
            *self.device.lock().unwrap_or_else(PoisonError::into_inner) = Some(cookie.to_owned());
        }
        response
    }

    async fn exchange(&self, request: &Value) -> Response {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let method = text(&request["requestContext"]["http"]["method"]);
        let query = text(&request["rawQueryString"]);
        let mark = if query.is_empty() { "" } else { "?" };
        let uri = format!("{}{}{mark}{query}", self.base, text(&request["rawPath"]));
        let mut http = http::Request::builder().method(method.as_str()).uri(uri);
        for (name, value) in request["headers"].as_object().into_iter().flatten() {
            http = http.header(name, text(value));
        }
        let cookies = self.cookies(request);
        if !cookies.is_empty() {
            http = http.header("cookie", cookies.join("; "));
        }
        let body = if method == "POST" { text(&request["body"]) } else { String::new() };
        let http = http.body(Full::new(VecDeque::from(body.into_bytes()))).expect("a request");
        let (head, body) = self.http.request(http).await.expect("a response").into_parts();
        Response::of_response(&head, &body.collect().await.expect("the whole response").to_bytes())
    }

    /// The request's cookies. If they contain no device cookie, the stored device cookie is added.
    fn cookies(&self, request: &Value) -> Vec<String> {
        let own = request["cookies"].as_array().into_iter().flatten();
        let own: Vec<_> = own.filter_map(Value::as_str).map(str::to_owned).collect();
        let device = self.device.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let has_device = own.iter().any(|cookie| cookie.starts_with(DEVICE_COOKIE));
        own.into_iter().chain(device.filter(|_| !has_device)).collect()
    }
}

/// Stops the scenario without a failure, and without printing anything.
pub(crate) fn skip(why: String) -> ! {
    std::panic::resume_unwind(Box::new(Skipped(why)))
}
