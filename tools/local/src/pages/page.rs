//! The page at `/` for trying the functions in a browser. It is not deployed.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::Response;

/// The files of the page: path, type and content.
const FILES: [(&str, &str, &str); 3] = [
    ("/", "text/html; charset=utf-8", include_str!("../../page/index.html")),
    ("/style.css", "text/css; charset=utf-8", include_str!("../../page/style.css")),
    ("/script.js", "text/javascript; charset=utf-8", include_str!("../../page/script.js")),
];

/// The page may load its own files and call its own origin, and nothing else. The browser may not submit a form itself,
/// so a password cannot get into a URL if the script fails.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";

/// The response to a `GET` or `HEAD` of one of the page's files, and `None` for any other request.
pub(crate) fn respond(head: &Parts) -> Option<Response> {
    let is_read = head.method == Method::GET || head.method == Method::HEAD;
    let (_, content_type, content) = FILES.iter().find(|(path, ..)| is_read && *path == head.uri.path())?;
    let mut response = Response::new(Body::from(*content));
    response.headers_mut().extend(headers(content_type));
    Some(response)
}

fn headers(content_type: &'static str) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{TEST_EMAIL, TEST_PASSWORD};
    use axum::http::Request;

    fn response_to(method: &str, path: &str) -> Option<Response> {
        let request = Request::builder().method(method).uri(path).body(()).unwrap();
        respond(&request.into_parts().0)
    }

    #[test]
    fn each_file_has_its_own_type_and_is_not_cached() {
        for (path, content_type) in [
            ("/", "text/html; charset=utf-8"),
            ("/?query", "text/html; charset=utf-8"),
            ("/style.css", "text/css; charset=utf-8"),
            ("/script.js", "text/javascript; charset=utf-8"),
        ] {
            let response = response_to("GET", path).unwrap();
            assert_eq!(response.headers()["content-type"], content_type, "{path}");
            assert_eq!(response.headers()["cache-control"], "no-store");
            assert_eq!(response.headers()["x-content-type-options"], "nosniff");
            assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("'none'"));
        }
    }

    #[test]
    fn the_page_has_no_inline_script_or_style_and_the_policy_allows_none() {
        let page = FILES[0].2;
        for inline in ["<style", "style=", "<script>", "onclick", "onsubmit", "javascript:"] {
            assert!(!page.contains(inline), "{inline}");
        }
        assert!(!POLICY.contains("unsafe") && POLICY.starts_with("default-src 'none';"));
    }

    #[test]
    fn the_page_names_the_test_member() {
        for named in [
            format!(r#"<code id="member-email">{TEST_EMAIL}</code>"#),
            format!(r#"<code id="member-password">{TEST_PASSWORD}</code>"#),
        ] {
            assert!(FILES[0].2.contains(&named));
        }
    }
}
