//! The `Cookie` header.

use crate::NOW;
use crate::wire::{RING, block_on, dynamodb, environment, request, respond_with};
use lambda_http::http::{HeaderMap, HeaderValue, header};
use login::throttle::LoginThrottle;
use shared::gateway::RequestParts;
use shared::keys::{KeyRing, RingName, RotatingKeyRing, SigningKey};
use shared::members::Email;
use shared::sessions::SessionToken;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The readers of cookies, with a known key ring.
struct Readers {
    keys: RotatingKeyRing,
    key: Arc<SigningKey>,
    throttle: LoginThrottle,
    email: Email,
}

impl Readers {
    fn new() -> Self {
        respond_with(RING.to_owned());
        let keys = KeyRing::new(dynamodb(), "ring".into(), RingName::Sessions).rotating(Duration::MAX);
        let key = block_on(keys.current(NOW)).expect("the ring's key");
        let throttle = LoginThrottle::from_env(&environment(), &dynamodb()).expect("all that it needs");
        block_on(throttle.warm_up(NOW));
        Self { keys, key, throttle, email: Email::parse("a@b.test").expect("an email") }
    }
}

/// Reads each line as a `Cookie` header, as the functions do. An accepted session cookie is present exactly once, and
/// signing its content again gives the same cookie.
pub(crate) fn cookie_header(bytes: &[u8]) {
    static READERS: LazyLock<Readers> = LazyLock::new(Readers::new);
    let lines = bytes.split(|&byte| byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok());
    let headers: HeaderMap = lines.map(|line| (header::COOKIE, line)).collect();
    let token =
        block_on(SessionToken::read(&headers, READERS.keys.ring(), NOW)).expect("a ring that is known");
    if let Some(token) = token {
        let cookie = token.set_cookie(&READERS.key, None);
        let (pair, _) = cookie.to_str().expect("text").split_once(';').expect("attributes");
        let (name, value) = pair.split_once('=').expect("a name and a value");
        assert_eq!(values(&headers, name), [value]);
    }
    let parts = RequestParts { headers, ..RequestParts::default() };
    block_on(READERS.throttle.attempt(&request(parts), &READERS.email, None)).expect("a ring that is known");
}

/// The values of all cookies with this name.
fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(header::COOKIE).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    let pairs = lines.flat_map(|line| line.split(';').map(str::to_owned).collect::<Vec<_>>());
    let pairs =
        pairs.filter_map(|it| it.split_once('=').map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned())));
    pairs.filter_map(|(it, value)| (it == name).then_some(value)).collect()
}
