//! The routes in the two templates, and the CORS configuration in `template.yaml`.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A route of an API, and the function behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) method: String,
    /// The path in the gateway's form, such as `/sessions/{proxy+}`.
    pub(crate) path: String,
    /// The function's binary.
    pub(crate) function: String,
    /// Whether the gateway calls the authorizer first.
    pub(crate) is_protected: bool,
}

/// The `CorsConfiguration` of the API in `template.yaml`. The allowed origins are a parameter of the
/// template.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cors {
    /// Whether pages of the allowed origins may send and receive cookies.
    pub(crate) allow_credentials: bool,
    /// The methods that a preflight allows.
    pub(crate) allow_methods: Vec<String>,
    /// The request headers that a preflight allows.
    pub(crate) allow_headers: Vec<String>,
    /// The response headers that scripts of the allowed origins may read.
    pub(crate) expose_headers: Vec<String>,
    /// How long a browser may cache a preflight, in seconds.
    pub(crate) max_age: u32,
}

/// The routes of the session API, which have no authorizer.
pub(crate) fn session_routes() -> Vec<Route> {
    routes(include_str!("../../../../template.yaml"))
}

/// The routes of `examples/protected-route`.
pub(crate) fn example_routes() -> Vec<Route> {
    routes(include_str!("../../../../examples/protected-route/template.yaml"))
}

/// The CORS configuration in `!If [HasAllowedOrigins, {…}, !Ref AWS::NoValue]`.
pub(crate) fn cors() -> Cors {
    let resources = resources(include_str!("../../../../template.yaml"));
    let configuration = &resources["Api"]["Properties"]["CorsConfiguration"][1];
    Cors::deserialize(configuration).expect("the API in template.yaml has a CorsConfiguration")
}

/// The resources of a template, without its tags.
fn resources(template: &str) -> BTreeMap<String, Value> {
    let mut template: BTreeMap<String, Value> = serde_saphyr::from_str(template).expect("a template is YAML");
    serde_json::from_value(template.remove("Resources").unwrap_or_default())
        .expect("a template has resources")
}

fn routes(template: &str) -> Vec<Route> {
    let resources = resources(template);
    let is_protected = !resources["Api"]["Properties"]["Auth"].is_null();
    let text =
        |value: &Value| value.as_str().expect("a route has a method, a path and a function").to_owned();
    let route = |function: &Value, event: &Value| Route {
        method: text(&event["Properties"]["Method"]),
        path: text(&event["Properties"]["Path"]),
        function: text(&function["Metadata"]["BuildProperties"]["Binary"]),
        is_protected,
    };
    let routes = |function: &Value| {
        let events = function["Properties"]["Events"].as_object().into_iter().flat_map(|it| it.values());
        events.map(|event| route(function, event)).collect::<Vec<_>>()
    };
    resources.values().flat_map(routes).collect()
}
