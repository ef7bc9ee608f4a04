//! A deployment of the API, over HTTP.

use crate::answer::Answer;
use crate::api::Member;
use crate::client::DEVICE_COOKIE;
use crate::localhost::LocalhostResolver;
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

/// Where the API is deployed, and a member of it.
pub struct Deployment {
    /// Scheme, host and, where the gateway has a named one, the stage.
    base: String,
    origin: String,
    member: Member,
    http: Client<HttpsConnector<HttpConnector<LocalhostResolver>>, Full<VecDeque<u8>>>,
    /// The device cookie of the last login: with it, the member's own browser is not kept waiting.
    device: Mutex<Option<String>>,
    shared_login: OnceCell<Answer>,
}

/// Why a scenario was not run to its end: the payload with which it unwinds.
#[derive(Debug)]
pub struct Skipped(
    /// In words.
    pub String,
);

/// More than a limit of the defaults makes a client wait; what makes it wait longer is an account's.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// So often a request is refused before it is given up: others use the same address.
const MOST_REFUSALS: usize = 20;

/// Longer than any function may run.
const LONGEST_ANSWER: Duration = Duration::from_secs(60);

impl Deployment {
    /// The deployment at `url`, which ends in `/sessions/`.
    ///
    /// # Errors
    /// When it does not, or the machine has no certificates to check others by.
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

    pub(crate) const fn member(&self) -> &Member {
        &self.member
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) async fn shared_login(&self, login: impl Future<Output = Answer>) -> Answer {
        self.shared_login.get_or_init(|| login).await.clone()
    }

    /// The answer, after as many waits as limits ask for. Unwinds with [`Skipped`] where they ask too much.
    pub(crate) async fn answer_in_time(&self, request: &Value) -> Answer {
        for _ in 0..MOST_REFUSALS {
            let answer = self.answer(request).await;
            if answer.status != 429 {
                return answer;
            }
            let wait = answer.retry_after();
            if wait > LONGEST_WAIT {
                skip(format!("a limit, the account's it seems, asks to wait {} seconds", wait.as_secs()));
            }
            sleep(wait).await;
        }
        skip("others use up the limit of this address".to_owned())
    }

    /// The answer to a request in the form of the gateway's event.
    pub(crate) async fn answer(&self, request: &Value) -> Answer {
        let answer = timeout(LONGEST_ANSWER, self.exchange(request)).await;
        let answer = answer.expect("an answer in a minute");
        let device = answer.cookies.iter().find(|cookie| cookie.starts_with(DEVICE_COOKIE));
        if let Some(cookie) = device.and_then(|cookie| cookie.split(';').next()) {
            *self.device.lock().unwrap_or_else(PoisonError::into_inner) = Some(cookie.to_owned());
        }
        answer
    }

    async fn exchange(&self, request: &Value) -> Answer {
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
        let (head, body) = self.http.request(http).await.expect("an answer").into_parts();
        Answer::of_response(&head, &body.collect().await.expect("the whole answer").to_bytes())
    }

    /// The request's own, and the device cookie if it has none.
    fn cookies(&self, request: &Value) -> Vec<String> {
        let own = request["cookies"].as_array().into_iter().flatten();
        let own: Vec<_> = own.filter_map(Value::as_str).map(str::to_owned).collect();
        let device = self.device.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let has_device = own.iter().any(|cookie| cookie.starts_with(DEVICE_COOKIE));
        own.into_iter().chain(device.filter(|_| !has_device)).collect()
    }
}

/// Ends the scenario, which is no failure: nothing is printed here.
pub(crate) fn skip(why: String) -> ! {
    std::panic::resume_unwind(Box::new(Skipped(why)))
}
