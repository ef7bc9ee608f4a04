//! The reason why a request was refused as cross-site, in words, for the log. The response is that of the deployed
//! functions, which has the code alone.

use axum::http::HeaderMap;
use serde_json::Value;
use shared::config::Environment;

/// What the local server knows about its own origin and the allowed ones.
pub(crate) struct CrossSite {
    own_origin: String,
    allowed_origins: String,
}

const SEC_FETCH_SITE: &str = "sec-fetch-site";

impl CrossSite {
    /// For a server at `url`.
    pub(crate) fn new(url: &str, environment: &Environment) -> Self {
        let allowed = environment.get("ALLOWED_ORIGINS").map(|list| format!("is {list}"));
        let allowed_origins = allowed.unwrap_or_else(|| "is empty".to_owned());
        Self { own_origin: url.to_owned(), allowed_origins }
    }

    /// Prints a hint if the function returned 403 `CROSS_SITE`.
    pub(crate) fn log_hint(&self, request: &HeaderMap, returned: &Value) {
        if is_cross_site(returned) {
            eprintln!("hint: {}", self.hint(request));
        }
    }

    /// Names the header that decided, and the values that would have passed. It repeats no submitted value.
    fn hint(&self, request: &HeaderMap) -> String {
        let site = request.get(SEC_FETCH_SITE).map(axum::http::HeaderValue::as_bytes);
        match site {
            None | Some(b"same-origin" | b"none") => self.wrong_origin(),
            Some(b"same-site") => self.not_listed(),
            Some(_) => self.other_site(),
        }
    }

    fn wrong_origin(&self) -> String {
        format!(
            "The header Origin is neither this server's own ({own}, or the scheme and the value of Host) nor one \
             of ALLOWED_ORIGINS, which {allowed}. A dev server that forwards requests must keep the browser's \
             Host (Vite: changeOrigin: false), or start this server with ALLOWED_ORIGINS set to the origin of \
             your page.",
            own = self.own_origin,
            allowed = self.allowed_origins
        )
    }

    fn not_listed(&self) -> String {
        format!(
            "The header Sec-Fetch-Site is same-site, so the header Origin must be one of ALLOWED_ORIGINS, which \
             {allowed}. Start this server with ALLOWED_ORIGINS set to the origin of your page.",
            allowed = self.allowed_origins
        )
    }

    fn other_site(&self) -> String {
        format!(
            "The header Sec-Fetch-Site says that a page of another site made the request, which ALLOWED_ORIGINS \
             cannot allow: expected is same-origin, none, or same-site with an Origin of ALLOWED_ORIGINS. Open \
             your page on the same host name as {own}: localhost and 127.0.0.1 are different sites.",
            own = self.own_origin
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

    fn hint(allowed: &str, headers: &[(&'static str, &str)]) -> String {
        let environment = [("ALLOWED_ORIGINS".to_owned(), allowed.to_owned())].into_iter().collect();
        let headers: HeaderMap =
            headers.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        CrossSite::new("http://localhost:9000", &environment).hint(&headers)
    }

    #[test]
    fn the_hint_names_the_header_that_decided_and_the_setting() {
        let origin = hint("", &[("origin", "http://localhost:5173")]);
        assert!(origin.starts_with("The header Origin is neither this server's own (http://localhost:9000,"));
        assert!(origin.contains("ALLOWED_ORIGINS, which is empty") && origin.contains("changeOrigin: false"));

        let same_site = hint("https://a.test", &[("sec-fetch-site", "same-site")]);
        assert!(same_site.contains("Sec-Fetch-Site is same-site"));
        assert!(same_site.contains("ALLOWED_ORIGINS, which is https://a.test"));

        let cross_site = hint("", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")]);
        assert!(cross_site.contains("Sec-Fetch-Site") && cross_site.contains("ALLOWED_ORIGINS"));
        assert!(!cross_site.contains("evil"));
    }
}
