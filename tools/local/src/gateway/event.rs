//! The event that API Gateway sends for an HTTP request.

use crate::gateway::peer::Peer;
use crate::gateway::routes::Route;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};
use shared::random::random;
use shared::timestamp::Timestamp;
use std::collections::BTreeMap;

/// The event, in payload format 2.0, for a request from `peer` to `route`.
///
/// `queryStringParameters` and `time` are left out: `lambda_http` reads only the raw query string, and no function reads the
/// time.
pub(crate) fn event(route: &Route, head: &Parts, body: &[u8], peer: Peer, now: Timestamp) -> Value {
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key(route),
        "rawPath": head.uri.path(),
        "rawQueryString": head.uri.query().unwrap_or_default(),
        "headers": headers(&head.headers, peer),
        "requestContext": request_context(route, head, peer, now),
        "isBase64Encoded": false,
    });
    if head.headers.contains_key(header::COOKIE) {
        event["cookies"] = cookies(&head.headers);
    }
    match std::str::from_utf8(body) {
        Ok("") => {}
        Ok(text) => event["body"] = text.into(),
        Err(_) => {
            event["body"] = STANDARD.encode(body).into();
            event["isBase64Encoded"] = true.into();
        }
    }
    event
}

fn route_key(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

fn request_context(route: &Route, head: &Parts, peer: Peer, now: Timestamp) -> Value {
    json!({
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": "localhost",
        "domainPrefix": "localhost",
        "http": {
            "method": head.method.as_str(),
            "path": head.uri.path(),
            "protocol": format!("{:?}", head.version),
            "sourceIp": peer.address.to_string(),
            "userAgent": head.headers.get(header::USER_AGENT).map(text).unwrap_or_default(),
        },
        "requestId": URL_SAFE.encode(random::<11>()),
        "routeKey": route_key(route),
        "stage": "$default",
        "timeEpoch": now.as_micros() / 1000,
    })
}

/// The headers except `Cookie`. Repeated headers are joined into one value. The gateway's own headers replace those of
/// the client, because a client's `X-Forwarded-Proto` would decide the scheme of the request's URL.
fn headers(headers: &HeaderMap, peer: Peer) -> BTreeMap<String, String> {
    let names = headers.keys().filter(|&name| name != header::COOKIE);
    let mut joined: BTreeMap<_, _> =
        names.map(|name| (name.to_string(), values(headers, name).join(","))).collect();
    let claimed = joined.get(FORWARDED_FOR).map(|chain| format!("{chain}, ")).unwrap_or_default();
    joined.insert(FORWARDED_FOR.to_owned(), format!("{claimed}{}", peer.address));
    joined.insert("x-forwarded-proto".to_owned(), peer.scheme.to_owned());
    joined
}

const FORWARDED_FOR: &str = "x-forwarded-for";

fn cookies(headers: &HeaderMap) -> Value {
    let fields = values(headers, &header::COOKIE);
    fields.iter().flat_map(|field| field.split("; ")).collect()
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers.get_all(name).iter().map(text).collect()
}

/// The value as text for JSON. Bytes that are not UTF-8 become U+FFFD.
fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use axum::http::request::Builder;

    fn event_of(request: Builder, body: &[u8]) -> Value {
        let (head, ()) = request.body(()).unwrap().into_parts();
        let route = Route {
            method: "POST".into(),
            path: "/sessions/{proxy+}".into(),
            function: "login".into(),
            is_protected: false,
        };
        let peer = Peer { address: "192.0.2.7".parse().unwrap(), scheme: "http" };
        event(&route, &head, body, peer, Timestamp::from_micros(1_584_039_838_390_000))
    }

    #[test]
    fn an_event_has_the_gateways_form() {
        let request = Request::post("/sessions/?all=true&x=%20").header("User-Agent", "curl/8");
        let mut event = event_of(request.header("Host", "localhost:9000"), b"{\"a\":1}");
        let id = event["requestContext"]["requestId"].take();
        assert_eq!(id.as_str().unwrap().len(), 16);
        assert_eq!(
            event,
            json!({
                "version": "2.0",
                "routeKey": "POST /sessions/{proxy+}",
                "rawPath": "/sessions/",
                "rawQueryString": "all=true&x=%20",
                "headers": {
                    "host": "localhost:9000",
                    "user-agent": "curl/8",
                    "x-forwarded-for": "192.0.2.7",
                    "x-forwarded-proto": "http",
                },
                "requestContext": {
                    "accountId": "000000000000",
                    "apiId": "local",
                    "domainName": "localhost",
                    "domainPrefix": "localhost",
                    "http": {
                        "method": "POST",
                        "path": "/sessions/",
                        "protocol": "HTTP/1.1",
                        "sourceIp": "192.0.2.7",
                        "userAgent": "curl/8",
                    },
                    "requestId": null,
                    "routeKey": "POST /sessions/{proxy+}",
                    "stage": "$default",
                    "timeEpoch": 1_584_039_838_390_u64,
                },
                "body": "{\"a\":1}",
                "isBase64Encoded": false,
            })
        );
    }

    #[test]
    fn cookies_are_apart_from_the_headers() {
        let event = event_of(Request::post("/").header("Cookie", "a=1; b=2").header("Cookie", "c=3"), b"");
        assert_eq!(event["cookies"], json!(["a=1", "b=2", "c=3"]));
        assert!(event["headers"].get("cookie").is_none());
        assert!(event_of(Request::post("/"), b"").get("cookies").is_none());
    }

    #[test]
    fn several_headers_of_a_name_are_joined() {
        let request = Request::post("/").header("Content-Type", "text/plain").header("content-type", "a/b");
        assert_eq!(event_of(request, b"")["headers"]["content-type"], "text/plain,a/b");
    }

    #[test]
    fn a_body_is_text_if_possible() {
        let body = |bytes: &[u8]| {
            let event = event_of(Request::post("/"), bytes);
            (event["isBase64Encoded"] == true, event["body"].as_str().map(str::to_owned))
        };
        assert_eq!(body(b""), (false, None));
        assert_eq!(body("é\0".as_bytes()), (false, Some("é\0".to_owned())));
        assert_eq!(body(b"\xff\xfe"), (true, Some("//4=".to_owned())));
    }

    #[test]
    fn a_clients_headers_change_neither_its_address_nor_the_scheme() {
        let request = Request::post("/")
            .header("X-Forwarded-For", "198.51.100.1")
            .header("X-Forwarded-Proto", "no scheme");
        let event = event_of(request, b"");
        assert_eq!(event["requestContext"]["http"]["sourceIp"], "192.0.2.7");
        assert_eq!(event["headers"]["x-forwarded-for"], "198.51.100.1, 192.0.2.7");
        assert_eq!(event["headers"]["x-forwarded-proto"], "http");
    }
}
