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

/// The gateway's CORS. It exists only if `ALLOWED_ORIGINS` allows an origin.
pub(crate) struct Cors {
    configuration: routes::Cors,
    origins: Vec<String>,
    /// The paths of the API that has the configuration; the example's API has none.
    paths: Vec<String>,
}

/// The headers that only the gateway sends. The gateway drops those of a function.
const HEADERS: [HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

impl Cors {
    /// `None` without `ALLOWED_ORIGINS`, because the template then gives the gateway no configuration.
    pub(crate) fn new(environment: &Environment) -> Option<Self> {
        let origins = environment.get("ALLOWED_ORIGINS")?.split(',').map(str::to_owned).collect();
        let paths = routes::session_routes().into_iter().map(|route| route.path).collect();
        Some(Self { configuration: routes::cors(), origins, paths })
    }

    /// The gateway's own response to `OPTIONS`, whether or not the origin is allowed. For an origin that is not
    /// allowed the response has no CORS header, so the browser stops there.
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
        for name in HEADERS {
            response.headers_mut().remove(name);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use axum::http::request::Builder;

    fn cors(origins: &str) -> Option<Cors> {
        Cors::new(&[("ALLOWED_ORIGINS".to_owned(), origins.to_owned())].into_iter().collect())
    }

    fn head(request: Builder) -> Parts {
        request.body(()).unwrap().into_parts().0
    }

    fn preflight(path: &str, origin: &str) -> Option<Response> {
        let request = Request::options(path).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        cors("https://app.example.com,http://localhost:5173").unwrap().preflight(&head(request))
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn a_preflight_of_an_allowed_origin_gets_the_headers_of_the_template() {
        for path in ["/sessions", "/sessions/", "/sessions/1"] {
            let response = preflight(path, "http://localhost:5173").unwrap();
            assert_eq!(response.status(), 204);
            assert_eq!(header(&response, "access-control-allow-origin"), "http://localhost:5173");
            assert_eq!(header(&response, "access-control-allow-credentials"), "true");
            assert_eq!(header(&response, "access-control-allow-methods"), "DELETE,GET,POST");
            assert_eq!(header(&response, "access-control-allow-headers"), "content-type");
            assert_eq!(header(&response, "access-control-max-age"), "7200");
            assert_eq!(header(&response, "access-control-expose-headers"), "");
        }
    }

    #[test]
    fn another_origin_gets_no_header() {
        for origin in ["http://localhost:5174", "null", "https://app.example.com.evil.test", "*", ""] {
            let response = preflight("/sessions/", origin).unwrap();
            assert_eq!((response.status().as_u16(), response.headers().len()), (204, 0), "{origin}");
        }
        let no_preflight = Request::options("/sessions/").header("origin", "http://localhost:5173");
        let response = cors("http://localhost:5173").unwrap().preflight(&head(no_preflight)).unwrap();
        assert_eq!(response.headers().len(), 0);
    }

    #[test]
    fn paths_of_another_api_and_other_methods_are_ignored() {
        assert!(preflight("/example", "http://localhost:5173").is_none());
        assert!(preflight("/", "http://localhost:5173").is_none());
        let get = head(Request::get("/sessions/").header("origin", "http://localhost:5173"));
        assert!(cors("http://localhost:5173").unwrap().preflight(&get).is_none());
        assert!(cors("").is_none());
    }

    #[test]
    fn the_gateways_headers_replace_those_of_a_function() {
        let mut response = Response::new(Body::empty());
        response.headers_mut().insert("access-control-allow-origin", HeaderValue::from_static("*"));
        let request = |origin| head(Request::get("/sessions/").header("origin", origin));
        let cors = cors("http://localhost:5173").unwrap();
        cors.add_to(&request("https://evil.test"), &mut response);
        assert_eq!(response.headers().len(), 0);

        cors.add_to(&request("http://localhost:5173"), &mut response);
        assert_eq!(header(&response, "access-control-allow-origin"), "http://localhost:5173");
        assert_eq!(header(&response, "access-control-allow-credentials"), "true");
        assert!(header(&response, "access-control-expose-headers").starts_with("ratelimit,"));
        assert_eq!(header(&response, "access-control-max-age"), "");
    }
}
