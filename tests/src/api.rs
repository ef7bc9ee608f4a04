//! The API under test: in process or deployed.

use crate::app::TestApp;
use crate::client::Client;
use crate::deployment::Deployment;
use crate::response::Response;
use serde_json::Value;
use shared::random::random;
use std::sync::Arc;
use std::time::Duration;

/// The API under test.
#[derive(Clone)]
pub enum Api {
    /// In process, with its own clock and database.
    InProcess(TestApp),
    /// Over HTTP, with the clock and the database of the deployment.
    Deployed(Arc<Deployment>),
}

/// A member whose credentials the tests know.
#[derive(Clone)]
pub struct Member {
    /// The email.
    pub email: String,
    /// The password.
    pub password: String,
}

impl Api {
    /// A client. In process, each client has its own address. Over HTTP, all clients share one address.
    pub fn client(&self) -> Client {
        match self {
            Self::InProcess(app) => app.client(),
            Self::Deployed(deployment) => Client::for_deployment(deployment.clone()),
        }
    }

    /// The test member.
    pub fn member(&self) -> Member {
        match self {
            Self::InProcess(_) => {
                Member { email: "ada@example.com".to_owned(), password: "enchantress".to_owned() }
            }
            Self::Deployed(deployment) => deployment.member.clone(),
        }
    }

    /// Logs the test member in and returns the response.
    pub async fn login(&self) -> Response {
        let Member { email, password } = self.member();
        let response = self.client().login(&email, &password).await;
        assert_eq!(response.status, 200, "the member's login");
        response
    }

    /// The response to a login whose session several scenarios use and keep live. Over HTTP, the scenarios share one
    /// login, because logins are limited. In process, each call logs in.
    pub async fn shared_login(&self) -> Response {
        match self {
            Self::InProcess(_) => self.login().await,
            Self::Deployed(deployment) => deployment.shared_login(self.login()).await,
        }
    }

    /// A client with the shared session.
    pub async fn logged_in(&self) -> Client {
        self.client().with_session_of(&self.shared_login().await)
    }

    /// A random email that no member has. Its bucket is full.
    pub fn unknown_email(&self) -> String {
        format!("{:016x}@example.invalid", u64::from_be_bytes(random()))
    }

    /// The origin of the API's own pages.
    pub fn origin(&self) -> String {
        match self {
            Self::InProcess(_) => "https://api.example.com".to_owned(),
            Self::Deployed(deployment) => deployment.origin.clone(),
        }
    }

    /// Lets time pass.
    pub async fn advance(&self, time: Duration) {
        match self {
            Self::InProcess(app) => app.advance(time),
            Self::Deployed(_) => tokio::time::sleep(time).await,
        }
    }

    pub(crate) async fn send(&self, request: &Value, retries: bool) -> Response {
        match self {
            Self::InProcess(app) => Response::from_event(&Box::pin(app.respond(request)).await),
            Self::Deployed(deployment) if retries => deployment.send_with_retries(request).await,
            Self::Deployed(deployment) => deployment.send(request).await,
        }
    }
}
