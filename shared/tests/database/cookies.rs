//! Signed cookies: no cookie is valid under another name or binding.

use crate::{Database, NOW};
use http::{HeaderMap, HeaderValue, header};
use shared::keys::{KeyRing, RingName, SignedCookie};

const ONE: SignedCookie<4> = SignedCookie::new("__Host-Http-one");
const OTHER: SignedCookie<4> = SignedCookie::new("__Host-Http-two");

/// A `Cookie` header that sends the value of a `Set-Cookie` under another name.
fn sent_as(name: &str, set_cookie: &HeaderValue) -> HeaderMap {
    let value = set_cookie.to_str().unwrap().split(['=', ';']).nth(1).unwrap();
    HeaderMap::from_iter([(header::COOKIE, format!("{name}={value}").parse().unwrap())])
}

#[tokio::test]
async fn a_cookie_is_valid_only_under_its_own_name_and_binding() {
    let database = Database::start().await;
    let keys = KeyRing::new(database.client(), "SigningKeysTable".into(), RingName::Sessions)
        .rotating(std::time::Duration::MAX);
    let set = ONE.set(b"load", b"ada", &keys.current(NOW).await.unwrap(), None);
    let read = ONE.read(&sent_as("__Host-Http-one", &set), b"ada", keys.ring(), NOW).await;
    assert_eq!(read.unwrap(), Some(*b"load"));
    let read = OTHER.read(&sent_as("__Host-Http-two", &set), b"ada", keys.ring(), NOW).await;
    assert_eq!(read.unwrap(), None, "another name");
    for other in ["", "ad", "adab", "bob"] {
        let read = ONE.read(&sent_as("__Host-Http-one", &set), other.as_bytes(), keys.ring(), NOW).await;
        assert_eq!(read.unwrap(), None, "bound to {other:?}");
    }
}
