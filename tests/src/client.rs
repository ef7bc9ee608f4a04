//! A client of the API: what it sends, what it remembers, what it sees.

use crate::app::TestApp;
use crate::document::Document;
use serde_json::{Value, json};

/// A client at one address, with the cookies that the test gives it. Each change of what it sends makes
/// another client, so that a test can go on with both.
#[derive(Clone)]
pub struct Client {
    app: TestApp,
    event: Value,
    cookies: Vec<String>,
}

/// The name of the session cookie.
pub const COOKIE: &str = "__Host-Http-session";

/// The name of the device cookie.
pub const DEVICE_COOKIE: &str = "__Host-Http-device";

impl Client {
    pub(crate) fn new(app: TestApp, address: &str) -> Self {
        let mut event: Value =
            serde_json::from_str(include_str!("../../events/login.json")).expect("events/login.json is JSON");
        event["requestContext"]["http"]["sourceIp"] = json!(address);
        Self { app, event, cookies: Vec::new() }
    }

    /// With this header, in place of any of its name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.event["headers"][name] = json!(value);
        self
    }

    /// Without this header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.event["headers"].as_object_mut().expect("headers").remove(name);
        self
    }

    /// With this member of the event, named by a JSON pointer, set.
    #[must_use]
    pub fn event(mut self, pointer: &str, value: Value) -> Self {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        self.event.pointer_mut(parent).expect("a member")[name] = value;
        self
    }

    /// With this session cookie's value, and no other cookie.
    #[must_use]
    pub fn with_cookie(self, value: &str) -> Self {
        self.with_cookies(&format!("{COOKIE}={value}"))
    }

    /// With the cookies of this text, as the browser would send them.
    #[must_use]
    pub fn with_cookies(mut self, cookies: &str) -> Self {
        self.cookies = cookies.split("; ").map(str::to_owned).collect();
        self
    }

    /// With the device cookie that an answer set, besides what it has.
    #[must_use]
    pub fn with_device_of(mut self, answer: &Answer) -> Self {
        self.cookies.push(format!("{DEVICE_COOKIE}={}", answer.cookie(DEVICE_COOKIE)));
        self
    }

    /// With the cookie that an answer set.
    #[must_use]
    pub fn with_session_of(self, answer: &Answer) -> Self {
        self.with_cookie(&answer.session_cookie())
    }

    /// `POST /sessions/` with email and password.
    pub async fn login(&self, email: &str, password: &str) -> Answer {
        self.login_with(&json!({ "email": email, "password": password }).to_string()).await
    }

    /// `POST /sessions/` with Ada's email and password, for 30 days.
    pub async fn login_and_remember(&self) -> Answer {
        let body = json!({ "email": "ada@example.com", "password": "enchantress", "remember": true });
        self.login_with(&body.to_string()).await
    }

    /// Logs Ada in; a client with her session.
    pub async fn logged_in(self) -> Self {
        let answer = self.login("ada@example.com", "enchantress").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.with_session_of(&answer)
    }

    /// `POST /sessions/` with any body.
    pub async fn login_with(&self, body: &str) -> Answer {
        self.clone().event("/body", json!(body)).send("POST", "/sessions/", "").await
    }

    /// `GET /sessions/`.
    pub async fn status(&self) -> Answer {
        self.send("GET", "/sessions/", "").await
    }

    /// `DELETE /sessions/`.
    pub async fn logout(&self) -> Answer {
        self.send("DELETE", "/sessions/", "").await
    }

    /// `DELETE /sessions/?all=true`.
    pub async fn logout_everywhere(&self) -> Answer {
        self.send("DELETE", "/sessions/", "all=true").await
    }

    /// Any request. The answer is one that the document has.
    ///
    /// # Panics
    /// When it is not.
    pub async fn send(&self, method: &str, path: &str, query: &str) -> Answer {
        let answer = Answer::of(&self.app.answer(&self.request(method, path, query)).await);
        if let Err(difference) = Document::of_workspace().find(method, path, &answer) {
            panic!("not as in openapi.yaml: {method} {path}, {}: {difference}", answer.status);
        }
        answer
    }

    /// The event of a request, as the gateway would make it.
    #[must_use]
    pub fn request(&self, method: &str, path: &str, query: &str) -> Value {
        let mut event = self.event.clone();
        event["rawPath"] = json!(path);
        event["rawQueryString"] = json!(query);
        event["requestContext"]["http"]["method"] = json!(method);
        event["requestContext"]["http"]["path"] = json!(path);
        if !self.cookies.is_empty() {
            event["cookies"] = json!(self.cookies);
        }
        event
    }
}

/// What the client sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u64,
    /// All headers but `Set-Cookie`, names in lower case, in alphabetical order.
    pub headers: Vec<(String, String)>,
    /// The `Set-Cookie` headers.
    pub cookies: Vec<String>,
    /// The body's text.
    pub body: String,
}

impl Answer {
    fn of(answer: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let headers = answer["headers"].as_object().expect("headers");
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        headers.sort();
        assert_eq!(answer["isBase64Encoded"], json!(false));
        Self {
            status: answer["statusCode"].as_u64().expect("a status"),
            headers,
            cookies: answer["cookies"].as_array().map_or_else(Vec::new, |it| it.iter().map(text).collect()),
            body: text(&answer["body"]),
        }
    }

    /// A header's value; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }

    /// The problem's `code`.
    #[must_use]
    pub fn code(&self) -> String {
        self.problem()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn problem(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }

    /// The value of the session cookie that the answer sets.
    #[must_use]
    pub fn session_cookie(&self) -> String {
        self.cookie(COOKIE)
    }

    /// The value of a cookie that the answer sets.
    #[must_use]
    pub fn cookie(&self, name: &str) -> String {
        let cookie = self.cookies.iter().find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        cookie.expect("the cookie").split(';').next().expect("a value").to_owned()
    }

    /// Status and code in one: what most tests ask.
    #[must_use]
    pub fn is(&self, status: u64, code: &str) -> bool {
        self.status == status && self.code() == code
    }
}
