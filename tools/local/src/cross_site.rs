//! The reason why a request was refused as cross-site, in words. Only the local server gives it: the deployed
//! functions answer with the code alone.

use crate::settings::Settings;
use axum::http::HeaderMap;
use serde_json::{Value, json};

/// What the local server knows about its own origin and the allowed ones.
pub(crate) struct CrossSite {
    own_origin: String,
    allowed_origins: String,
}

const SEC_FETCH_SITE: &str = "sec-fetch-site";

impl CrossSite {
    /// For a server at `url`.
    pub(crate) fn new(url: &str, settings: &Settings) -> Self {
        let environment = settings.of_function("login");
        let allowed = environment.get("ALLOWED_ORIGINS").map(|list| format!("is {list}"));
        let allowed_origins = allowed.unwrap_or_else(|| "is empty".to_owned());
        Self { own_origin: url.to_owned(), allowed_origins }
    }

    /// Adds a `detail` to a function's answer if the answer is 403 `CROSS_SITE`.
    pub(crate) fn explain(&self, request: &HeaderMap, answer: &mut Value) {
        let body = answer["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
        if let Some(mut problem) = body.filter(|problem| problem["code"] == "CROSS_SITE") {
            problem["detail"] = json!(self.detail(request));
            answer["body"] = json!(problem.to_string());
        }
    }

    /// Names the header that decided, and what would have passed. It repeats no submitted value, as
    /// `openapi.yaml` promises for every `detail`.
    fn detail(&self, request: &HeaderMap) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(allowed: &str, headers: &[(&'static str, &str)]) -> String {
        let settings = [("ALLOWED_ORIGINS".to_owned(), allowed.to_owned())].into_iter().collect();
        let headers: HeaderMap =
            headers.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let mut answer = json!({ "statusCode": 403, "body": r#"{"status":403,"code":"CROSS_SITE"}"# });
        CrossSite::new("http://localhost:9000", &settings).explain(&headers, &mut answer);
        let problem: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!((&problem["status"], &problem["code"]), (&json!(403), &json!("CROSS_SITE")));
        problem["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn the_detail_names_the_header_that_decided_and_the_setting() {
        let origin = detail("", &[("origin", "http://localhost:5173")]);
        assert!(origin.starts_with("The header Origin is neither this server's own (http://localhost:9000,"));
        assert!(origin.contains("ALLOWED_ORIGINS, which is empty") && origin.contains("changeOrigin: false"));

        let same_site = detail("https://a.test", &[("sec-fetch-site", "same-site")]);
        assert!(same_site.contains("Sec-Fetch-Site is same-site"));
        assert!(same_site.contains("ALLOWED_ORIGINS, which is https://a.test"));

        let cross_site = detail("", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")]);
        assert!(cross_site.contains("Sec-Fetch-Site") && cross_site.contains("ALLOWED_ORIGINS"));
    }

    #[test]
    fn no_value_that_was_sent_comes_back() {
        for headers in [
            &[("origin", "https://evil.test")][..],
            &[("origin", "https://evil.test"), ("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.test"), ("sec-fetch-site", "evil")],
        ] {
            assert!(!detail("", headers).contains("evil"));
        }
    }

    #[test]
    fn every_other_answer_stays_as_it_is() {
        let settings = Settings::default();
        for body in [json!(r#"{"status":403,"code":"PROXY_REQUIRED"}"#), json!("{}"), json!("x"), json!(null)]
        {
            let mut answer = json!({ "statusCode": 403, "body": body });
            let before = answer.clone();
            CrossSite::new("http://localhost:9000", &settings).explain(&HeaderMap::new(), &mut answer);
            assert_eq!(answer, before);
        }
    }
}
