//! A client of the API.

use crate::api::Api;
use crate::app::TestApp;
use crate::deployment::Deployment;
use crate::document::Document;
use crate::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// A client with one address and the cookies that the test sets. A changed client is a new value, so that a test can
/// clone a client and use both.
#[derive(Clone)]
pub struct Client {
    api: Api,
    event: Value,
    cookies: Vec<String>,
    retries: bool,
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
        Self { api: Api::InProcess(app), event, cookies: Vec::new(), retries: false }
    }

    /// A client of a deployment. If a limit refuses a request, the client waits and repeats the request.
    pub(crate) fn for_deployment(deployment: Arc<Deployment>) -> Self {
        let event = json!({
            "headers": { "content-type": "application/json" },
            "requestContext": { "http": {} },
            "body": "",
        });
        Self { api: Api::Deployed(deployment), event, cookies: Vec::new(), retries: true }
    }

    /// The same client, but it returns 429 instead of waiting.
    #[must_use]
    pub fn without_retries(self) -> Self {
        Self { retries: false, ..self }
    }

    /// Sets this header, and replaces headers of the same name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.event["headers"][name] = json!(value);
        self
    }

    /// Removes this header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.event["headers"].as_object_mut().expect("headers").remove(name);
        self
    }

    /// Sets this value in the event, at a JSON pointer.
    #[must_use]
    pub fn event(mut self, pointer: &str, value: Value) -> Self {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        self.event.pointer_mut(parent).expect("a member")[name] = value;
        self
    }

    /// Sends a session cookie with this value, and no other cookie.
    #[must_use]
    pub fn with_cookie(self, value: &str) -> Self {
        self.with_cookies(&format!("{COOKIE}={value}"))
    }

    /// Sends the cookies of this `Cookie` header, and no other cookie.
    #[must_use]
    pub fn with_cookies(mut self, cookies: &str) -> Self {
        self.cookies = cookies.split("; ").map(str::to_owned).collect();
        self
    }

    /// Sends the device cookie from a response, in addition to the client's cookies.
    #[must_use]
    pub fn with_device_of(mut self, response: &Response) -> Self {
        self.cookies.push(format!("{DEVICE_COOKIE}={}", response.cookie(DEVICE_COOKIE)));
        self
    }

    /// Sends the session cookie from a response, and no other cookie.
    #[must_use]
    pub fn with_session_of(self, response: &Response) -> Self {
        self.with_cookie(&response.session_cookie())
    }

    /// `POST /sessions/` with email and password.
    pub async fn login(&self, email: &str, password: &str) -> Response {
        self.login_with(&json!({ "email": email, "password": password }).to_string()).await
    }

    /// `POST /sessions/` with Ada's email and password, and with `remember`.
    pub async fn login_and_remember(&self) -> Response {
        let body = json!({ "email": "ada@example.com", "password": "enchantress", "remember": true });
        self.login_with(&body.to_string()).await
    }

    /// Logs Ada in and returns a client with her session.
    pub async fn logged_in(self) -> Self {
        self.logged_in_as("ada@example.com", "enchantress").await
    }

    /// Logs this member in and returns a client with the session.
    pub async fn logged_in_as(self, email: &str, password: &str) -> Self {
        let response = self.login(email, password).await;
        assert_eq!(response.status, 200, "{}", response.body);
        self.with_session_of(&response)
    }

    /// `POST /sessions/` with any body.
    pub async fn login_with(&self, body: &str) -> Response {
        self.clone().event("/body", json!(body)).send("POST", "/sessions/", "").await
    }

    /// `GET /sessions/`.
    pub async fn status(&self) -> Response {
        self.send("GET", "/sessions/", "").await
    }

    /// `DELETE /sessions/`.
    pub async fn logout(&self) -> Response {
        self.send("DELETE", "/sessions/", "").await
    }

    /// `DELETE /sessions/?all=true`.
    pub async fn logout_everywhere(&self) -> Response {
        self.send("DELETE", "/sessions/", "all=true").await
    }

    /// Sends any request. Panics if the response is neither documented in `openapi.yaml` nor the gateway's own 404.
    pub async fn send(&self, method: &str, path: &str, query: &str) -> Response {
        let response = self.api.send(&self.request(method, path, query), self.retries).await;
        if matches!(self.api, Api::Deployed(_)) && response.is_no_route() {
            return response;
        }
        if let Err(difference) = Document::of_workspace().find(method, path, &response) {
            panic!("not as in openapi.yaml: {method} {path}, {}: {difference}", response.status);
        }
        response
    }

    /// The gateway's event of a request.
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

    /// The event that the gateway sends to the authorizer for a request of this client: `events/authorizer.json` with
    /// this client's headers, cookies and address.
    pub fn authorizer_request(&self) -> Value {
        let mut request: Value = serde_json::from_str(include_str!("../../events/authorizer.json"))
            .expect("events/authorizer.json is JSON");
        request["headers"] = self.event["headers"].clone();
        request["requestContext"] = self.event["requestContext"].clone();
        request["cookies"] = json!(self.cookies);
        request["identitySource"] = json!([self.cookies.join("; ")]);
        request
    }
}
