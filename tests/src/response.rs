//! Responses as a client sees them.

use crate::client::COOKIE;
use http::HeaderValue;
use http::header::SET_COOKIE;
use http::response::Parts;
use serde_json::{Value, json};
use std::time::Duration;

/// A response as the client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u64,
    /// All headers except `Set-Cookie`, with names in lower case, in alphabetical order.
    pub headers: Vec<(String, String)>,
    /// The `Set-Cookie` headers.
    pub cookies: Vec<String>,
    /// The body as text.
    pub body: String,
}

impl Response {
    /// Reads a function's response, which has the gateway's format.
    pub(crate) fn from_event(response: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let headers = response["headers"].as_object().expect("headers");
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        headers.sort();
        assert_eq!(response["isBase64Encoded"], json!(false));
        Self {
            status: response["statusCode"].as_u64().expect("a status"),
            headers,
            cookies: response["cookies"].as_array().map_or_else(Vec::new, |it| it.iter().map(text).collect()),
            body: text(&response["body"]),
        }
    }

    /// Reads the response of an HTTP server.
    pub(crate) fn of_response(head: &Parts, body: &[u8]) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let others = head.headers.iter().filter(|(name, _)| *name != SET_COOKIE);
        let mut headers: Vec<_> = others.map(|(name, value)| (name.to_string(), text(value))).collect();
        headers.sort();
        Self {
            status: head.status.as_u16().into(),
            headers,
            cookies: head.headers.get_all(SET_COOKIE).iter().map(text).collect(),
            body: String::from_utf8_lossy(body).into_owned(),
        }
    }

    /// The value of a header, or an empty string if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    pub fn problem(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }

    /// The value of the session cookie in the response.
    pub fn session_cookie(&self) -> String {
        self.cookie(COOKIE)
    }

    /// The value of a cookie in the response.
    pub fn cookie(&self, name: &str) -> String {
        let cookie = self.cookies.iter().find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        let cookie = cookie.unwrap_or_else(|| panic!("no cookie {name}, but {} {}", self.status, self.body));
        cookie.split(';').next().expect("a value").to_owned()
    }

    /// Whether the response has this status and this problem code.
    pub fn is(&self, status: u64, code: &str) -> bool {
        self.status == status && self.problem()["code"] == code
    }

    /// Whether this is the gateway's own 404 for a missing route.
    pub(crate) fn is_no_route(&self) -> bool {
        self.status == 404 && self.header("content-type") != "application/problem+json"
    }

    /// The wait in `Retry-After`, or one second if the header is missing.
    pub(crate) fn retry_after(&self) -> Duration {
        Duration::from_secs(self.header("retry-after").parse().unwrap_or(1))
    }
}
