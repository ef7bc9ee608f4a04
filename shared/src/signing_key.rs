//! A secret that signs, and randomness to make one of.

use crate::dynamodb::{self, Item, b, n};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::types::AttributeValue;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// Bytes of an HMAC-SHA256 (RFC 2104, FIPS 180-4).
pub const MAC_LENGTH: usize = 32;

/// Names a key, so that a cookie says which one signed it. Random, and no secret.
pub type KeyId = [u8; 6];

/// A secret that signs cookies.
#[derive(Clone)]
pub struct SigningKey {
    id: KeyId,
    secret: [u8; 32],
    created_at: Timestamp,
}

impl SigningKey {
    /// A new one.
    #[must_use]
    pub fn generate(now: Timestamp) -> Self {
        Self { id: random(), secret: random(), created_at: now }
    }

    /// The key's name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// When it was made.
    #[must_use]
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The signature of `message` for `purpose`. The same message has another signature for every purpose.
    #[must_use]
    pub fn sign(&self, purpose: &str, message: &[u8]) -> [u8; MAC_LENGTH] {
        self.mac(purpose, message).finalize().into_bytes().into()
    }

    /// Whether `mac` is the signature of `message` for `purpose`; in constant time.
    #[must_use]
    pub fn verifies(&self, purpose: &str, message: &[u8], mac: &[u8]) -> bool {
        self.mac(purpose, message).verify_slice(mac).is_ok()
    }

    fn mac(&self, purpose: &str, message: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.chain_update(purpose).chain_update([0]).chain_update(message)
    }

    /// As it is stored: a map of `id`, `secret` and `created_at` (microseconds).
    #[must_use]
    pub fn to_attribute(&self) -> AttributeValue {
        AttributeValue::M(Item::from([
            ("id".to_owned(), b(&self.id)),
            ("secret".to_owned(), b(&self.secret)),
            ("created_at".to_owned(), n(self.created_at.as_micros())),
        ]))
    }

    /// From what is stored, where it is a key.
    #[must_use]
    pub fn from_attribute(attribute: &AttributeValue) -> Option<Self> {
        let map = attribute.as_m().ok()?;
        Some(Self {
            id: dynamodb::bytes(map, "id")?,
            secret: dynamodb::bytes(map, "secret")?,
            created_at: Timestamp::from_micros(dynamodb::number(map, "created_at")?),
        })
    }
}

/// Shows which key it is and nothing of the secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Bytes from the operating system's generator.
///
/// # Panics
/// When the system has no randomness to give: nothing safe can be done then.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
