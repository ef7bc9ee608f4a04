//! An event of the gateway.

use crate::NOW;
use crate::wire::{RING, Wire, block_on, environment};
use authorizer::Authorizer;
use lambda_http::http::Method;
use lambda_http::{Request, RequestExt};
use login::credentials::Credentials;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use shared::gateway::Error;
use shared::gateway::audit::AuditContext;
use shared::gateway::client::AllowedOrigins;
use shared::gateway::http::{self, Reply};
use shared::gateway::lambda::{Handler, answer};
use shared::gateway::proxy::TrustedProxy;
use shared::keys::{KeyRing, KeyRingConfig};
use shared::sessions::SessionToken;
use shared::timestamp::Timestamp;
use std::sync::LazyLock;

/// A handler that reads everything that the functions read of a request, and calls no table.
struct Reader {
    proxy: TrustedProxy,
    allowed_origins: AllowedOrigins,
    keys: KeyRing,
    authorizer: Authorizer,
}

impl Reader {
    fn new() -> Self {
        let wire = Wire::default();
        wire.answers(RING.to_owned());
        let keys = KeyRing::new(wire.client(), "ring".into(), KeyRingConfig::SESSIONS);
        block_on(keys.load(NOW));
        let authorizer = Authorizer::new(&environment(), &wire.client()).expect("all that it needs");
        block_on(authorizer.load_keys());
        let allowed_origins = "https://app.example.com".parse().expect("an origin");
        Self { proxy: TrustedProxy::default(), allowed_origins, keys, authorizer }
    }
}

/// A route with this method.
struct Route(&'static Reader, Method);

impl Handler for Route {
    fn method(&self) -> &Method {
        &self.1
    }

    fn proxy(&self) -> &TrustedProxy {
        &self.0.proxy
    }

    async fn handle(&self, request: &Request, now: Timestamp) -> Result<Reply, Error> {
        self.0.allowed_origins.check(request)?;
        let _ = (AuditContext::from_request(request, now), request.query_string_parameters().first("all"));
        SessionToken::read(request.headers(), &self.0.keys, now).await?;
        Credentials::parse(http::json_body(request)?)?;
        Ok(Reply::ok("{}"))
    }
}

/// Reads bytes as an event, for a function and for the authorizer. The function gives an answer of the contract, and
/// the authorizer admits no request.
pub fn gateway_event(bytes: &[u8]) {
    static READER: LazyLock<Reader> = LazyLock::new(Reader::new);
    let Ok(event) = serde_json::from_slice::<Box<RawValue>>(bytes) else { return };
    for method in [Method::DELETE, Method::GET, Method::POST] {
        is_of_the_contract(&block_on(answer(&Route(&READER, method), &event, NOW)));
    }
    if let Ok(decision) = block_on(READER.authorizer.decide(&event, NOW)) {
        assert_eq!(serde_json::to_value(decision).expect("JSON"), json!({ "isAuthorized": false }));
    }
}

fn is_of_the_contract(answer: &Value) {
    let status = answer["statusCode"].as_u64();
    assert!(matches!(status, Some(200 | 400 | 403 | 404 | 413 | 415)), "{status:?}");
    let body: Value = serde_json::from_str(answer["body"].as_str().expect("a text")).expect("JSON");
    assert!(body == json!({}) || (body["status"].as_u64() == status && body["code"].is_string()));
    let has = |headers: &str, name: &str| answer[headers].get(name).is_some();
    for name in ["cache-control", "content-type", "content-security-policy"] {
        assert!(has("headers", name) || has("multiValueHeaders", name), "{name}");
    }
}
