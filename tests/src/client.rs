//! A client of the API: what it sends, what it remembers, what it sees.

use crate::answer::Answer;
use crate::api::Api;
use crate::app::TestApp;
use crate::deployment::Deployment;
use crate::document::Document;
use serde_json::{Value, json};
use std::sync::Arc;

/// A client at one address, with the cookies that the test gives it. Each change of what it sends makes
/// another client, so that a test can go on with both.
#[derive(Clone)]
pub struct Client {
    api: Api,
    event: Value,
    cookies: Vec<String>,
    is_patient: bool,
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
        Self { api: Api::InProcess(app), event, cookies: Vec::new(), is_patient: false }
    }

    /// A client of a deployment, which waits where a limit says so.
    pub(crate) fn of_deployment(deployment: Arc<Deployment>) -> Self {
        let event = json!({
            "headers": { "content-type": "application/json" },
            "requestContext": { "http": {} },
            "body": "",
        });
        Self { api: Api::Deployed(deployment), event, cookies: Vec::new(), is_patient: true }
    }

    /// One that takes a limit for an answer.
    #[must_use]
    pub fn impatient(self) -> Self {
        Self { is_patient: false, ..self }
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

    /// Any request. The answer is one that the document has, or the gateway's own of what it has no route to.
    ///
    /// # Panics
    /// When it is not.
    pub async fn send(&self, method: &str, path: &str, query: &str) -> Answer {
        let answer = self.api.answer(&self.request(method, path, query), self.is_patient).await;
        if self.api.has_a_gateway() && answer.is_no_route() {
            return answer;
        }
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

    /// What the gateway asks the authorizer about a request of this client's: the event of
    /// `events/authorizer.json`, with what this client changed of its own.
    #[must_use]
    pub fn question(&self) -> Value {
        let mut question: Value = serde_json::from_str(include_str!("../../events/authorizer.json"))
            .expect("events/authorizer.json is JSON");
        question["headers"] = self.event["headers"].clone();
        question["requestContext"] = self.event["requestContext"].clone();
        question["cookies"] = json!(self.cookies);
        question["identitySource"] = json!([self.cookies.join("; ")]);
        question
    }
}
