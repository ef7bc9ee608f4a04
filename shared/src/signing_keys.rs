//! The key ring: the secrets that cookies are signed with, in `DynamoDB`, made on first use.

use crate::dynamodb::{self, Fault, Item, b, n, s};
use crate::error::Error;
use crate::quota::Quota;
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    fn generate(now: Timestamp) -> Self {
        Self { id: random(), secret: random(), created_at: now }
    }

    /// The key's name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
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

    fn to_attribute(&self) -> AttributeValue {
        AttributeValue::M(Item::from([
            ("id".to_owned(), b(&self.id)),
            ("secret".to_owned(), b(&self.secret)),
            ("created_at".to_owned(), n(self.created_at.as_micros())),
        ]))
    }

    fn from_attribute(attribute: &AttributeValue) -> Option<Self> {
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

/// The key that signs, and the one that did before it.
#[derive(Clone, Debug)]
struct KeyRing {
    current: SigningKey,
    previous: Option<SigningKey>,
}

impl KeyRing {
    fn find(&self, id: KeyId) -> Option<&SigningKey> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| key.id == id)
    }

    fn from_item(item: &Item) -> Result<Self, Error> {
        let key = |name| item.get(name).map(|it| SigningKey::from_attribute(it).ok_or_else(malformed));
        let current = key("current").ok_or_else(malformed)??;
        Ok(Self { current, previous: key("previous").transpose()? })
    }
}

fn malformed() -> Error {
    Error::Unavailable(Fault::unexpected("the key ring's item cannot be read"))
}

/// The key ring's table, and what this instance knows of it.
#[derive(Debug)]
pub struct SigningKeys {
    client: Client,
    table: String,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    ring: Option<KeyRing>,
    read_at: Option<Timestamp>,
    /// The bucket of the reads that unknown key ids cause; see [`READS_FOR_UNKNOWN_KEYS`].
    unknown_tat: u64,
}

impl Known {
    fn is_trusted(&self, now: Timestamp) -> bool {
        self.read_at.is_some_and(|read_at| now.since(read_at) < TRUSTED_FOR)
    }
}

/// How long a ring that was read is trusted to be the newest.
const TRUSTED_FOR: Duration = Duration::from_mins(5);

/// An unknown key id can be of a key made since the last read, so it causes another; this many at once and
/// then one a second, so that junk cookies cannot make every request cost a read.
const READS_FOR_UNKNOWN_KEYS: Quota = Quota::new(NonZeroU32::new(10).unwrap(), NonZeroU32::new(10).unwrap());

/// The one item of the table.
const RING: &str = "cookies";

impl SigningKeys {
    /// The ring in `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table, known: Mutex::default() }
    }

    /// The key to sign with; makes the ring where there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn current(&self, now: Timestamp) -> Result<SigningKey, Error> {
        let ring = match self.ring(now).await? {
            Some(ring) => ring,
            None => self.make(now).await?,
        };
        Ok(ring.current)
    }

    /// The key named `id`, if it is in the ring.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find(&self, id: KeyId, now: Timestamp) -> Result<Option<SigningKey>, Error> {
        let ring = self.ring(now).await?;
        if let Some(key) = ring.as_ref().and_then(|ring| ring.find(id)) {
            return Ok(Some(key.clone()));
        }
        if !self.may_read_for_unknown_key(now) {
            return Ok(None);
        }
        Ok(self.read(now).await?.and_then(|ring| ring.find(id).cloned()))
    }

    /// Reads the ring ahead of its first use, which also opens the connection. That it cannot be read is no
    /// reason not to start: the first request finds out again.
    pub async fn warm_up(&self, now: Timestamp) {
        let _ = self.ring(now).await;
    }

    async fn ring(&self, now: Timestamp) -> Result<Option<KeyRing>, Error> {
        if self.known().is_trusted(now) {
            return Ok(self.known().ring.clone());
        }
        self.read(now).await
    }

    fn may_read_for_unknown_key(&self, now: Timestamp) -> bool {
        let mut known = self.known();
        let admitted = READS_FOR_UNKNOWN_KEYS.admit(known.unknown_tat, now);
        known.unknown_tat = admitted.unwrap_or(known.unknown_tat);
        admitted.is_some()
    }

    async fn read(&self, now: Timestamp) -> Result<Option<KeyRing>, Error> {
        let get = self.client.get_item().table_name(&self.table).key("ring", s(RING)).consistent_read(true);
        let ring = get.send().await?.item.as_ref().map(KeyRing::from_item).transpose()?;
        Ok(self.learn(ring, now))
    }

    /// Puts a first ring, unless another instance was quicker: then takes that one's.
    async fn make(&self, now: Timestamp) -> Result<KeyRing, Error> {
        let ring = KeyRing { current: SigningKey::generate(now), previous: None };
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("ring", s(RING))
            .item("current", ring.current.to_attribute())
            .condition_expression("attribute_not_exists(ring)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let ring = match put.send().await {
            Ok(_) => ring,
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(check)) => {
                    KeyRing::from_item(check.item().ok_or_else(malformed)?)?
                }
                _ => return Err(error.into()),
            },
        };
        self.learn(Some(ring.clone()), now);
        Ok(ring)
    }

    fn learn(&self, ring: Option<KeyRing>, now: Timestamp) -> Option<KeyRing> {
        let mut known = self.known();
        known.read_at = Some(now);
        known.ring.clone_from(&ring);
        ring
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
