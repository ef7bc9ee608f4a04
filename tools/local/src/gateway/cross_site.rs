//! Logs why a request was refused as cross-site. The response contains only the code, as in a deployment.

use axum::http::HeaderMap;
use serde_json::Value;
use shared::config::Environment;

/// The origins that the API accepts.
pub(crate) struct CrossSite {
    own_origin: String,
    allowed_origins: String,
}

impl CrossSite {
    /// The origins for a server at `url`.
    pub(crate) fn new(url: &str, environment: &Environment) -> Self {
        let allowed_origins = environment.get("ALLOWED_ORIGINS").unwrap_or("empty").to_owned();
        Self { own_origin: url.to_owned(), allowed_origins }
    }

    /// Prints a hint if the function returned 403 `CROSS_SITE`.
    pub(crate) fn log_hint(&self, request: &HeaderMap, returned: &Value) {
        if is_cross_site(returned) {
            eprintln!("hint: {}", self.hint(request));
        }
    }

    /// The header that decided, and the accepted values. The hint contains no submitted value.
    fn hint(&self, request: &HeaderMap) -> String {
        let header = if request.contains_key("sec-fetch-site") { "Sec-Fetch-Site" } else { "Origin" };
        let Self { own_origin, allowed_origins } = self;
        format!(
            "The header {header} decided. Accepted: Sec-Fetch-Site same-origin and none; same-site with an Origin in \
             ALLOWED_ORIGINS, which is {allowed_origins}; without Sec-Fetch-Site, an Origin in ALLOWED_ORIGINS, or this \
             server's own ({own_origin}, or the scheme and the Host). Open your page at the host name of {own_origin}: \
             localhost and 127.0.0.1 are different sites. A dev server that forwards requests must keep the browser's Host \
             (Vite: changeOrigin: false)."
        )
    }
}

fn is_cross_site(returned: &Value) -> bool {
    let body = returned["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
    body.is_some_and(|problem| problem["code"] == "CROSS_SITE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_names_the_header_that_decided_and_the_setting() {
        let environment = [("ALLOWED_ORIGINS".to_owned(), "https://a.test".to_owned())].into_iter().collect();
        let cross_site = CrossSite::new("http://localhost:9000", &environment);
        for (name, value, start) in [
            ("origin", "https://evil.test", "The header Origin decided."),
            ("sec-fetch-site", "cross-site", "The header Sec-Fetch-Site decided."),
        ] {
            let hint =
                cross_site.hint(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]));
            assert!(hint.starts_with(start) && !hint.contains(value), "{hint}");
            assert!(hint.contains("ALLOWED_ORIGINS, which is https://a.test;"), "{hint}");
            assert!(hint.contains("http://localhost:9000") && hint.contains("changeOrigin: false"), "{hint}");
        }
    }
}
