//! CORS as the gateway does it: answers preflights and adds the headers of `CorsConfiguration` in `template.yaml`.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>.

use crate::gateway::functions::matches;
use crate::gateway::routes;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use shared::config::Environment;

/// The gateway's CORS configuration. It exists only if `ALLOWED_ORIGINS` is set.
pub(crate) struct Cors {
    configuration: routes::Cors,
    origins: Vec<String>,
    /// The paths of the session API. The example's API has no CORS configuration.
    paths: Vec<String>,
}

impl Cors {
    /// `None` without `ALLOWED_ORIGINS`, because the template then gives the gateway no configuration.
    pub(crate) fn new(environment: &Environment) -> Option<Self> {
        let origins = environment.get("ALLOWED_ORIGINS")?.split(',').map(str::to_owned).collect();
        let paths = routes::session_routes().into_iter().map(|route| route.path).collect();
        Some(Self { configuration: routes::cors(), origins, paths })
    }

    /// The gateway's own response to `OPTIONS`, whether or not the origin is allowed. If the origin is not allowed, the
    /// response has no CORS header, so the browser does not send the request.
    pub(crate) fn preflight(&self, head: &Parts) -> Option<Response> {
        let is_covered = self.paths.iter().any(|path| matches(path, head.uri.path()));
        if head.method != Method::OPTIONS || !is_covered {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if head.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            self.add(&head.headers, response.headers_mut(), self.preflight_headers());
        }
        Some(response)
    }

    /// Adds the CORS headers to a function's response.
    pub(crate) fn add_to(&self, request: &Parts, response: &mut Response) {
        if self.paths.iter().any(|path| matches(path, request.uri.path())) {
            self.add(&request.headers, response.headers_mut(), self.response_headers());
        }
    }

    fn add(&self, request: &HeaderMap, response: &mut HeaderMap, headers: Vec<(HeaderName, String)>) {
        let Some(origin) = request.get(header::ORIGIN) else { return };
        if !self.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()) {
            return;
        }
        response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if self.configuration.allow_credentials {
            response.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        for (name, value) in headers {
            response.insert(name, value.parse().expect("the template's values are header values"));
        }
    }

    fn preflight_headers(&self) -> Vec<(HeaderName, String)> {
        let configuration = &self.configuration;
        vec![
            (header::ACCESS_CONTROL_ALLOW_METHODS, configuration.allow_methods.join(",")),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, configuration.allow_headers.join(",")),
            (header::ACCESS_CONTROL_MAX_AGE, configuration.max_age.to_string()),
        ]
    }

    fn response_headers(&self) -> Vec<(HeaderName, String)> {
        vec![(header::ACCESS_CONTROL_EXPOSE_HEADERS, self.configuration.expose_headers.join(","))]
    }
}
