//! A key that signs cookies.

use crate::random::random;
use crate::store::{self, Item, b, n};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::types::AttributeValue;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;

/// The length of an HMAC-SHA256 in bytes (RFC 2104, FIPS 180-4).
pub const MAC_LENGTH: usize = 32;

/// Random bytes that identify a key. Each cookie contains the id of its key. The id is not secret.
pub type KeyId = [u8; 6];

/// A secret key with its id and its time of creation.
#[derive(Debug)]
pub struct SigningKey {
    id: KeyId,
    secret: SecretBox<[u8; 32]>,
    created_at: Timestamp,
}

impl SigningKey {
    /// A new random key.
    pub fn generate(now: Timestamp) -> Self {
        Self { id: random(), secret: SecretBox::new(Box::new(random())), created_at: now }
    }

    /// The key's id.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// When the key was created.
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The signature of `message` for `purpose`. A message has a different signature for every purpose.
    pub fn sign(&self, purpose: &str, message: &[u8]) -> [u8; MAC_LENGTH] {
        self.mac(purpose, message).finalize().into_bytes().into()
    }

    /// Whether `mac` is the signature of `message` for `purpose`. The comparison takes constant time.
    pub fn verifies(&self, purpose: &str, message: &[u8], mac: &[u8]) -> bool {
        self.mac(purpose, message).verify_slice(mac).is_ok()
    }

    fn mac(&self, purpose: &str, message: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret());
        let mac = mac.expect("HMAC takes keys of any length");
        mac.chain_update(purpose).chain_update([0]).chain_update(message)
    }

    /// The stored form: a map of `id`, `secret` and `created_at` (microseconds since the epoch).
    pub fn to_attribute(&self) -> AttributeValue {
        AttributeValue::M(Item::from([
            ("id".to_owned(), b(&self.id)),
            ("secret".to_owned(), b(self.secret.expose_secret())),
            ("created_at".to_owned(), n(self.created_at.as_micros())),
        ]))
    }

    /// The key in an attribute; `None` when the attribute is malformed.
    pub fn from_attribute(attribute: &AttributeValue) -> Option<Self> {
        let map = attribute.as_m().ok()?;
        Some(Self {
            id: store::bytes(map, "id")?,
            secret: SecretBox::new(Box::new(store::bytes(map, "secret")?)),
            created_at: Timestamp::from_micros(store::number(map, "created_at")?),
        })
    }
}
