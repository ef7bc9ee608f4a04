//! An event of the gateway.

use crate::NOW;
use crate::wire::{RING, block_on, dynamodb, environment, respond_with};
use authorizer::Authorizer;
use lambda_http::http::Method;
use login::credentials::Credentials;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use shared::gateway::audit::write_to;
use shared::gateway::origins::AllowedOrigins;
use shared::gateway::process::Start;
use shared::gateway::{Error, Gateway, Handler, Request, Response};
use shared::keys::{KeyRing, RingName};
use shared::sessions::SessionToken;
use std::sync::LazyLock;

/// A handler that reads every part of a request that the functions read, and makes no call to `DynamoDB`.
struct Reader {
    allowed_origins: AllowedOrigins,
    keys: KeyRing,
    authorizer: Authorizer,
}

impl Reader {
    fn new() -> Self {
        write_to(|_| {});
        respond_with(RING.to_owned());
        let keys = KeyRing::new(dynamodb(), "ring".into(), RingName::Sessions);
        block_on(keys.warm_up(NOW));
        let authorizer = Authorizer::new(&environment(), &dynamodb()).expect("all that it needs");
        block_on(authorizer.warm_up());
        let allowed_origins = "https://app.example.com".parse().expect("an origin");
        Self { allowed_origins, keys, authorizer }
    }
}

static READER: LazyLock<Reader> = LazyLock::new(Reader::new);

/// A route with this method.
struct Route(Method);

impl Route {
    fn gateway(method: Method) -> Gateway<Self> {
        Gateway::with_handler(&environment(), Self(method)).expect("there is no proxy")
    }
}

impl Handler for Route {
    fn method(&self) -> Method {
        self.0.clone()
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        READER.allowed_origins.check(request)?;
        let _ = request.query("all");
        SessionToken::read(request.headers(), &READER.keys, request.now()).await?;
        Credentials::parse(&request.json_body()?)?;
        Ok(Response::ok("{}"))
    }
}

/// Reads bytes as an event, for a function and for the authorizer. The function returns a documented response, and
/// the authorizer admits no request.
pub(crate) fn gateway_event(bytes: &[u8]) {
    static GATEWAYS: LazyLock<[Gateway<Route>; 3]> =
        LazyLock::new(|| [Method::DELETE, Method::GET, Method::POST].map(Route::gateway));
    let Ok(event) = serde_json::from_slice::<Box<RawValue>>(bytes) else { return };
    LazyLock::force(&READER); // the reader cannot start inside a handler
    for gateway in &*GATEWAYS {
        is_documented(&block_on(gateway.respond(&event, NOW)));
    }
    if let Ok(decision) = block_on(READER.authorizer.decide(&event, NOW)) {
        assert_eq!(serde_json::to_value(decision).expect("JSON"), json!({ "isAuthorized": false }));
    }
}

fn is_documented(response: &Value) {
    let status = response["statusCode"].as_u64();
    assert!(matches!(status, Some(200 | 400 | 403 | 404 | 413 | 415)), "{status:?}");
    let body: Value = serde_json::from_str(response["body"].as_str().expect("a text")).expect("JSON");
    assert!(body == json!({}) || (body["status"].as_u64() == status && body["code"].is_string()));
    let has = |headers: &str, name: &str| response[headers].get(name).is_some();
    for name in ["cache-control", "content-type", "content-security-policy"] {
        assert!(has("headers", name) || has("multiValueHeaders", name), "{name}");
    }
}
