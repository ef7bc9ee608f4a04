//! The key rings: the secrets that cookies are signed with, in `DynamoDB`. Made on first use, and rotated by
//! age: the key that signs is replaced, and still good until the next one is.

use crate::dynamodb::{Fault, Item, Unreadable, b, s};
use crate::error::Error;
use crate::quota::Quota;
use crate::signing_key::{KeyId, SigningKey};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The key that signs, and the one that did before it.
#[derive(Clone, Debug)]
struct KeyRing {
    current: SigningKey,
    previous: Option<SigningKey>,
}

impl KeyRing {
    fn find(&self, id: KeyId) -> Option<&SigningKey> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| key.id() == id)
    }

    fn from_item(item: &Item) -> Result<Self, Error> {
        let key =
            |name| item.get(name).map(|it| SigningKey::from_attribute(it).ok_or_else(|| malformed(name)));
        let current = key("current").ok_or_else(|| malformed("current"))??;
        Ok(Self { current, previous: key("previous").transpose()? })
    }
}

/// Without the key that signed it, a session cannot be told from none.
fn malformed(attribute: &'static str) -> Error {
    Error::Unavailable(Unreadable { table: "SigningKeys", attribute }.into())
}

/// A ring of the table, and what this instance knows of it.
#[derive(Debug)]
pub struct SigningKeys {
    client: Client,
    table: String,
    ring: Ring,
    known: Mutex<Known>,
}

/// Which ring, and how long a key of it signs.
#[derive(Clone, Copy, Debug)]
pub struct Ring {
    name: &'static str,
    age_limit: Duration,
}

impl Ring {
    /// The ring of the session cookie. A replaced key stays good for as long again, so no session ends with
    /// its key as long as the limit is no shorter than the longest session.
    pub const SESSIONS: Self = Self { name: "sessions", age_limit: Duration::from_hours(24 * 30) };

    /// The ring of the device cookie, which lives as long as a key of it signs: 180 days.
    pub const DEVICES: Self = Self { name: "devices", age_limit: Duration::from_hours(24 * 180) };

    /// How long a key of it signs.
    #[must_use]
    pub const fn age_limit(self) -> Duration {
        self.age_limit
    }

    /// The same with another age limit.
    #[must_use]
    pub const fn rotated_each(self, age_limit: Duration) -> Self {
        Self { age_limit, ..self }
    }
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

impl SigningKeys {
    /// The item `ring` of `table`.
    #[must_use]
    pub fn new(client: Client, table: String, ring: Ring) -> Self {
        Self { client, table, ring, known: Mutex::default() }
    }

    /// The key to sign with; makes one where there is none, or none young enough.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn current(&self, now: Timestamp) -> Result<SigningKey, Error> {
        let ring = self.ring(now).await?;
        match ring.map(|ring| ring.current) {
            Some(key) if now.since(key.created_at()) < self.ring.age_limit => Ok(key),
            replaced => Ok(self.replace(replaced, now).await?.current),
        }
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

    /// The same for a function that signs, and so rotates.
    pub async fn warm_up_to_sign(&self, now: Timestamp) {
        let _ = self.current(now).await;
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
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("ring", s(self.ring.name))
            .consistent_read(true);
        let ring = get.send().await?.item.as_ref().map(KeyRing::from_item).transpose()?;
        Ok(self.learn(ring, now))
    }

    /// Puts a new key in the place of `replaced`, unless another instance was quicker: then takes the ring
    /// as that one left it.
    async fn replace(&self, replaced: Option<SigningKey>, now: Timestamp) -> Result<KeyRing, Error> {
        let ring = KeyRing { current: SigningKey::generate(now), previous: replaced };
        let ring = match self.put(&ring).send().await {
            Ok(_) => Some(ring),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(check)) => {
                    check.item().map(KeyRing::from_item).transpose()?
                }
                _ => return Err(error.into()),
            },
        };
        self.learn(ring, now).ok_or_else(|| Error::Unavailable(Fault::unexpected("the key ring went away")))
    }

    /// The write on condition that the ring is still as it was: without a key, or with the one that becomes
    /// the previous. A ring that was deleted meanwhile is not brought back.
    fn put(&self, ring: &KeyRing) -> PutItemFluentBuilder {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("ring", s(self.ring.name))
            .item("current", ring.current.to_attribute())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Some(previous) = &ring.previous else {
            return put.condition_expression("attribute_not_exists(ring)");
        };
        put.item("previous", previous.to_attribute())
            .condition_expression("#current.#id = :replaced")
            .expression_attribute_names("#current", "current")
            .expression_attribute_names("#id", "id")
            .expression_attribute_values(":replaced", b(&previous.id()))
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
