//! `--site`: a folder of static files on the same origin as the API, with the headers of a deployed `examples/website`.

use crate::error::Error;
use crate::pages::notice::notice;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;
use tower_http::services::ServeDir;

/// The folder. Its files are read at each request, so that a reload shows a change.
pub(crate) struct Site {
    folder: ServeDir,
    headers: HeaderMap,
}

impl Site {
    /// Opens the folder at `path`. `index.html` is served for a folder.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            Ok(Self { folder: ServeDir::new(path), headers: Template::of_website().headers() })
        } else {
            Err(Error::Site(path.to_owned()))
        }
    }

    /// The file for a `GET` or `HEAD`, or a page that says it is missing.
    pub(crate) async fn respond(&self, head: Parts) -> Response {
        let request = Request::from_parts(head, Body::empty());
        let found = self.folder.clone().try_call(request).await;
        match found.map(|response| response.map(Body::new)) {
            Ok(mut response) if response.status() != StatusCode::NOT_FOUND => {
                response.headers_mut().extend(self.headers.clone());
                response
            }
            Ok(_) | Err(_) => not_found(),
        }
    }
}

fn not_found() -> Response {
    let text = "No readable file at this address in the folder given with --site. \
                <a href=\"/\">Go to the home page.</a>";
    notice(StatusCode::NOT_FOUND, "Page not found", text)
}

/// The template of `examples/website`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    resources: Resources,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resources {
    site_headers: Value,
}

impl Template {
    fn of_website() -> Self {
        let template = include_str!("../../../../examples/website/template.yaml");
        serde_saphyr::from_str(template).expect("the template has the resource SiteHeaders")
    }

    /// The headers of a response. `Strict-Transport-Security` is left out, because it would apply to all ports of
    /// `localhost`. `Cache-Control` has the value that `CopySite` gives to deployed files.
    fn headers(&self) -> HeaderMap {
        let policy = &self.resources.site_headers["Properties"]["ResponseHeadersPolicyConfig"];
        let (security, custom) = (&policy["SecurityHeadersConfig"], &policy["CustomHeadersConfig"]["Items"]);
        let security = [
            ("cache-control", &json!("max-age=0, s-maxage=86400")),
            ("x-content-type-options", &json!("nosniff")),
            ("content-security-policy", &security["ContentSecurityPolicy"]["ContentSecurityPolicy"]),
            ("x-frame-options", &security["FrameOptions"]["FrameOption"]),
            ("referrer-policy", &security["ReferrerPolicy"]["ReferrerPolicy"]),
        ];
        let custom = custom.as_array().into_iter().flatten();
        let custom = custom.map(|item| (text(&item["Header"]), &item["Value"]));
        security.into_iter().chain(custom).map(|(name, value)| header(name, text(value))).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("the policy of SiteHeaders is complete")
}

fn header(name: &str, value: &str) -> (HeaderName, HeaderValue) {
    (name.parse().expect("a header's name"), value.parse().expect("a header's value"))
}
