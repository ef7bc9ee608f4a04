//! What this workspace reads of `template.yaml` about pages of other origins.

use serde::Deserialize;

/// The `CorsConfiguration` of the API in `template.yaml`, which holds where origins are allowed. The origins
/// themselves are a parameter of the template and so not in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cors {
    /// Whether pages of those origins may send and receive cookies.
    pub allow_credentials: bool,
    /// The methods that a preflight allows.
    pub allow_methods: Vec<String>,
    /// The request headers that a preflight allows.
    pub allow_headers: Vec<String>,
    /// The response headers that scripts of those origins may read.
    pub expose_headers: Vec<String>,
    /// For how many seconds a browser may remember a preflight.
    pub max_age: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    resources: Resources,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resources {
    api: Api,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Api {
    properties: Properties,
}

/// `!If [HasAllowedOrigins, {…}, !Ref AWS::NoValue]`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    cors_configuration: (String, Cors, String),
}

impl Cors {
    /// The configuration in the template of this workspace.
    ///
    /// # Panics
    /// When it cannot be read, which the test of this file would show.
    pub fn of_workspace() -> Self {
        let template: Template = serde_saphyr::from_str(include_str!("../../../template.yaml"))
            .expect("the API in template.yaml has a CorsConfiguration");
        template.resources.api.properties.cors_configuration.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_allowed_origins_send_cookies_and_read_the_limits() {
        let cors = Cors::of_workspace();
        assert!(cors.allow_credentials);
        assert_eq!(cors.allow_methods, ["DELETE", "GET", "POST"]);
        assert_eq!(cors.allow_headers, ["content-type"]);
        assert!(cors.expose_headers.contains(&"retry-after".to_owned()));
        assert_eq!(cors.max_age, 7200);
    }
}
