//! `--site`: a folder of static files on the same origin as the API.

use crate::error::Error;
use crate::notice::notice;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::Response;
use std::path::Path;
use tower_http::services::ServeDir;

/// The folder. Its files are read at each request, so that a reload shows a change.
pub(crate) struct Site(ServeDir);

impl Site {
    /// The folder at `path`. For a folder, its `index.html` is served.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        if path.is_dir() { Ok(Self(ServeDir::new(path))) } else { Err(Error::Site(path.to_owned())) }
    }

    /// The file that a `GET` or `HEAD` asks for, or a page that says it is missing.
    pub(crate) async fn answer(&self, head: Parts) -> Response {
        let request = Request::from_parts(head, Body::empty());
        let found = self.0.clone().try_call(request).await.map(|response| response.map(Body::new));
        let mut response = match found {
            Ok(response) if response.status() == StatusCode::NOT_FOUND => not_found(),
            Ok(response) => response,
            Err(_) => unreadable(),
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

fn not_found() -> Response {
    let text = "The folder that this server was started with has no file for this address. \
                <a href=\"/\">Go to the first page.</a>";
    notice(StatusCode::NOT_FOUND, "There is no such page", text)
}

fn unreadable() -> Response {
    let text = "The file for this address is there and cannot be read. Look at its permissions.";
    notice(StatusCode::INTERNAL_SERVER_ERROR, "This file cannot be read", text)
}
