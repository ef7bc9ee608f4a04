//! Keeps web pages in a developer's browser away from the servers on this machine.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use url::{Host, Url};

/// Middleware that answers every request that a web page could have sent with an AWS error.
pub async fn refuse_pages(request: Request, next: Next) -> Response {
    if is_from_page(request.headers()) { refusal() } else { next.run(request).await }
}

/// Browsers send `Origin` with every POST, and `Sec-Fetch-Site` with every request to this machine. Its value is `none`
/// if a person typed the address. A page whose host name resolves to this machine (DNS rebinding) sends that name as
/// `Host`.
fn is_from_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN)
        || headers.get_all("sec-fetch-site").iter().any(|site| site != "none")
        || !host(headers).is_some_and(|host| is_this_machine(&host))
}

/// The host that the request was sent to.
pub fn host(headers: &HeaderMap) -> Option<Host> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    Some(Url::parse(&format!("http://{host}/")).ok()?.host()?.to_owned())
}

/// Whether `host` means this machine on every machine: `localhost`, a name below it, or a loopback address.
pub fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn refusal() -> Response {
    let message = "web pages may not use this endpoint: send the request from a program, to localhost or a \
                   loopback address, without Origin and Sec-Fetch-Site";
    let body = json!({ "__type": "AccessDeniedException", "message": message }).to_string();
    let headers =
        [("content-type", "application/x-amz-json-1.0"), ("x-amzn-errortype", "AccessDeniedException")];
    (StatusCode::FORBIDDEN, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn is_refused(headers: &[(&'static str, &'static str)]) -> bool {
        let header = |&(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), HeaderValue::from_static(value))
        };
        is_from_page(&headers.iter().map(header).collect())
    }

    #[test]
    fn a_program_on_this_machine_passes() {
        for host in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "db.localhost"] {
            assert!(!is_refused(&[("host", host)]), "{host}");
        }
        assert!(!is_refused(&[("host", "localhost"), ("sec-fetch-site", "none")]), "a typed address");
    }

    #[test]
    fn a_page_is_refused() {
        for headers in [
            [("host", "localhost"), ("origin", "https://evil.example")],
            [("host", "localhost"), ("origin", "null")],
            [("host", "localhost"), ("sec-fetch-site", "same-origin")],
            [("host", "localhost"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(is_refused(&headers), "{headers:?}");
        }
        for host in ["evil.example:8000", "localhost.evil.example", "192.0.2.1:8000", "0.0.0.0:8000", ""] {
            assert!(is_refused(&[("host", host)]), "{host}");
        }
        assert!(is_refused(&[]), "without a host");
    }
}
