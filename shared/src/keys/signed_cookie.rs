//! Signed cookies. One builder sets and clears them. A value that was changed in any way is refused.

use crate::keys::{KeyId, KeyRing, MAC_LENGTH, SigningKey};
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::time::OffsetDateTime;
use cookie::{Cookie, CookieBuilder, SameSite};
use http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

/// A cookie whose value is a signed payload of `N` bytes: base64url (RFC 4648, section 5) of the key's id, the payload,
/// and an HMAC-SHA256.
///
/// The HMAC covers the key's id, the payload, and the data that the cookie is bound to but does not contain. The
/// cookie's name is the purpose of the signature, so that no cookie is valid under another name.
#[derive(Debug)]
pub struct SignedCookie<const N: usize> {
    name: &'static str,
}

const ID_LENGTH: usize = size_of::<KeyId>();

impl<const N: usize> SignedCookie<N> {
    /// A cookie with this name. For a name that begins with `__Host-Http-`, browsers require that a server sets the
    /// cookie, with `HttpOnly`, for one host (draft-ietf-httpbis-rfc6265bis-22, section 4.1.3). Older browsers apply
    /// only the rules of `__Host-`.
    pub const fn new(name: &'static str) -> Self {
        assert!((ID_LENGTH + N + MAC_LENGTH).is_multiple_of(3), "base64 must have no spare bits to change");
        Self { name }
    }

    /// `Set-Cookie` with a payload, valid only together with `bound_to`. Without `max_age`, the browser drops the cookie
    /// when it closes.
    pub fn set(
        &self,
        payload: &[u8; N],
        bound_to: &[u8],
        key: &SigningKey,
        max_age: Option<Duration>,
    ) -> HeaderValue {
        let cookie = self.builder(self.seal(payload, bound_to, key));
        header_value(match max_age {
            Some(max_age) => cookie.max_age(seconds(max_age)),
            None => cookie,
        })
    }

    /// `Set-Cookie` that makes the browser drop the cookie.
    pub fn clear(&self) -> HeaderValue {
        let cookie = self.builder(String::new());
        header_value(cookie.max_age(seconds(Duration::ZERO)).expires(OffsetDateTime::UNIX_EPOCH))
    }

    /// The payload of the request's cookie. `None` if the cookie is missing or present twice, or if no key of the ring
    /// signed it under this name for `bound_to`. Makes a call only if this instance's copy of the ring is missing, old,
    /// or lacks the key.
    ///
    /// # Errors
    /// When the ring has to be read and the read fails, or when the key may be newer than this instance's copy of the
    /// ring.
    pub async fn read(
        &self,
        headers: &HeaderMap,
        bound_to: &[u8],
        keys: &KeyRing,
        now: Timestamp,
    ) -> Result<Option<[u8; N]>, StoreError> {
        let Some(sealed) = self.value(headers).and_then(|value| Sealed::decode(&value)) else {
            return Ok(None);
        };
        let key = keys.get(sealed.key_id, now).await?;
        Ok(key.and_then(|key| sealed.open(self.name, bound_to, &key)))
    }

    fn seal(&self, payload: &[u8; N], bound_to: &[u8], key: &SigningKey) -> String {
        let mac = key.sign(self.name, &[&key.id(), &payload[..], bound_to].concat());
        URL_SAFE_NO_PAD.encode([&key.id()[..], payload, &mac].concat())
    }

    /// The cookie's value, if the request has exactly one cookie with the name.
    fn value(&self, headers: &HeaderMap) -> Option<String> {
        // A non-UTF-8 cookie must not hide a duplicate of ours.
        let fields = headers.get_all(header::COOKIE).iter().map(|it| String::from_utf8_lossy(it.as_bytes()));
        let cookies = fields.flat_map(Cookie::split_parse).filter_map(Result::ok);
        let mut values = cookies.filter(|it| it.name() == self.name).map(|it| it.value().to_owned());
        values.next().filter(|_| values.next().is_none())
    }

    fn builder(&self, value: String) -> CookieBuilder<'static> {
        Cookie::build((self.name, value)).path("/").secure(true).http_only(true).same_site(SameSite::Strict)
    }
}

/// The parts of a cookie's value, not verified yet.
struct Sealed<const N: usize> {
    key_id: KeyId,
    payload: [u8; N],
    mac: [u8; MAC_LENGTH],
}

impl<const N: usize> Sealed<N> {
    fn decode(value: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        let (key_id, rest) = bytes.split_first_chunk::<ID_LENGTH>()?;
        let (payload, mac) = rest.split_first_chunk()?;
        Some(Self { key_id: *key_id, payload: *payload, mac: mac.try_into().ok()? })
    }

    fn open(self, purpose: &str, bound_to: &[u8], key: &SigningKey) -> Option<[u8; N]> {
        let signed = [&self.key_id, &self.payload[..], bound_to].concat();
        key.verifies(purpose, &signed, &self.mac).then_some(self.payload)
    }
}

fn header_value(cookie: CookieBuilder<'static>) -> HeaderValue {
    cookie.build().to_string().parse().expect("names, base64url and attributes are header text")
}

fn seconds(duration: Duration) -> cookie::time::Duration {
    cookie::time::Duration::seconds(duration.as_secs().try_into().unwrap_or(i64::MAX))
}
