//! The functions behind their routes.

use crate::error::Error;
use crate::gateway::GatewayError;
use crate::gateway::routes::{Route, example_routes, session_routes};
use authorizer::Authorizer;
use aws_sdk_dynamodb::Client;
use axum::http::Method;
use login::Login;
use logout::Logout;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use shared::config::Environment;
use shared::gateway::process::Start;
use shared::gateway::{Gateway, Handler};
use shared::timestamp::Timestamp;
use status::Status;
use std::collections::BTreeMap;

/// All functions that the templates route to, each started as on Lambda.
pub(crate) struct Functions {
    authorizer: Authorizer,
    routes: Vec<Route>,
    by_name: BTreeMap<String, Function>,
}

/// One function. The handlers have different types, so an enum holds them.
enum Function {
    Example,
    Login(Box<Gateway<Login>>),
    Logout(Box<Gateway<Logout>>),
    Status(Box<Gateway<Status>>),
}

impl Functions {
    /// Starts each function with this environment.
    pub(crate) async fn start(environment: &Environment, dynamodb: &Client) -> Result<Self, Error> {
        let routes = [session_routes(), example_routes()].concat();
        let mut by_name = BTreeMap::new();
        for route in &routes {
            if !by_name.contains_key(&route.function) {
                let function = Function::start(&route.function, environment, dynamodb).await?;
                by_name.insert(route.function.clone(), function);
            }
        }
        let authorizer = Authorizer::new(environment, dynamodb)?;
        authorizer.warm_up().await;
        Ok(Self { authorizer, routes, by_name })
    }

    /// The route that the gateway would choose.
    pub(crate) fn route(&self, method: &Method, path: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.method == method.as_str() && is_taken(route, path))
    }

    /// The event for the function of a protected route, with the authorizer's context. As on AWS, the authorizer is not
    /// called without a cookie. Here the authorizer gets the route's own event. On AWS, the authorizer's event differs
    /// only in fields that our authorizer does not read.
    pub(crate) async fn authorize(&self, mut event: Value, now: Timestamp) -> Result<Value, GatewayError> {
        if event["cookies"].is_null() {
            return Err(GatewayError::Unauthorized);
        }
        let request = to_raw_value(&event).expect("a JSON value is JSON");
        let decision = self.authorizer.decide(&request, now).await;
        let decision = decision.map_err(|_| GatewayError::InternalServerError)?;
        let decision = serde_json::to_value(decision).expect("a decision is JSON");
        if decision["isAuthorized"] != true {
            return Err(GatewayError::Forbidden);
        }
        event["requestContext"]["authorizer"] = json!({ "lambda": decision["context"] });
        Ok(event)
    }

    /// The response of the function behind `route` to the event.
    pub(crate) async fn respond(&self, route: &Route, event: &Value, now: Timestamp) -> Value {
        self.by_name[&route.function].respond(event, now).await
    }
}

/// The prefix of the example's API on a custom domain and behind `CloudFront`. At its own address, the API has no
/// prefix. This server accepts both.
const APP: &str = "/app";

fn is_taken(route: &Route, path: &str) -> bool {
    let under_app = path.strip_prefix(APP).filter(|_| route.is_protected);
    matches(&route.path, path) || under_app.is_some_and(|path| matches(&route.path, path))
}

/// Whether the path `route` matches `path`, as on API Gateway. A greedy route matches everything below it.
pub(crate) fn matches(route: &str, path: &str) -> bool {
    match route.strip_suffix("{proxy+}") {
        Some(folder) => path.starts_with(folder),
        None => path == route,
    }
}

impl Function {
    async fn start(binary: &str, environment: &Environment, dynamodb: &Client) -> Result<Self, Error> {
        let function = match binary {
            "example" => Self::Example,
            "login" => Self::Login(start(environment, dynamodb).await?),
            "logout" => Self::Logout(start(environment, dynamodb).await?),
            "status" => Self::Status(start(environment, dynamodb).await?),
            other => return Err(Error::UnknownFunction(other.to_owned())),
        };
        Ok(function)
    }

    async fn respond(&self, event: &Value, now: Timestamp) -> Value {
        let raw = &to_raw_value(event).expect("a JSON value is JSON");
        match self {
            Self::Example => example::answer(event),
            Self::Login(login) => login.respond(raw, now).await,
            Self::Logout(logout) => logout.respond(raw, now).await,
            Self::Status(status) => status.respond(raw, now).await,
        }
    }
}

async fn start<H: Handler + Start>(
    environment: &Environment,
    dynamodb: &Client,
) -> Result<Box<Gateway<H>>, Error> {
    let gateway = Gateway::new(environment, dynamodb)?;
    gateway.warm_up().await;
    Ok(Box::new(gateway))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greedy_route_matches_every_path_below_it_and_a_plain_route_itself() {
        for path in ["/sessions/", "/sessions/1", "/sessions//x/"] {
            assert!(matches("/sessions/{proxy+}", path) && !matches("/sessions", path), "{path}");
        }
        for path in ["/", "/sessions", "/sessionsx", "/x/sessions/", "*", ""] {
            assert!(!matches("/sessions/{proxy+}", path), "{path}");
        }
        assert!(matches("/sessions", "/sessions"));
        assert!(!matches("/sessions", "/Sessions"));
    }

    #[test]
    fn only_the_examples_api_also_answers_under_app() {
        let route = |path: &str, is_protected| Route {
            method: "GET".into(),
            path: path.into(),
            function: "example".into(),
            is_protected,
        };
        let example = route("/example", true);
        assert!(is_taken(&example, "/example") && is_taken(&example, "/app/example"));
        assert!(!is_taken(&example, "/appexample") && !is_taken(&example, "/app/app/example"));
        assert!(!is_taken(&route("/sessions", false), "/app/sessions"));
    }
}
