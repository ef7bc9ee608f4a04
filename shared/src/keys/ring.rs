//! Key rings: the keys that sign cookies, in `DynamoDB`.
//!
//! A ring has a current key that signs and a previous key that still verifies. The first use of a ring makes its key.
//! When the current key is older than the rotation period, the next login replaces it.

use crate::config::{ConfigError, Environment};
use crate::keys::{KeyId, SigningKey};
use crate::limits::Quota;
use crate::store::{Item, MalformedItem, StoreError, b, s};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// Which ring, and how long a key of it signs.
#[derive(Clone, Copy, Debug)]
pub struct KeyRingConfig {
    name: &'static str,
    rotation_period: Duration,
}

impl KeyRingConfig {
    /// The ring of the session cookie: 30 days. A replaced key verifies for one more period, so no session ends with its
    /// key as long as the period is not shorter than the longest session.
    pub const SESSIONS: Self = Self { name: "sessions", rotation_period: DAY.saturating_mul(30) };

    /// The ring of the device cookie: 180 days, the lifetime of that cookie.
    pub const DEVICES: Self = Self { name: "devices", rotation_period: DAY.saturating_mul(180) };

    /// How long a key signs.
    #[must_use]
    pub const fn rotation_period(self) -> Duration {
        self.rotation_period
    }

    /// The same ring with another rotation period.
    #[must_use]
    pub const fn with_rotation_period(self, rotation_period: Duration) -> Self {
        Self { rotation_period, ..self }
    }
}

/// A ring in the table, and what this instance knows of it.
#[derive(Debug)]
pub struct KeyRing {
    client: Client,
    table: String,
    config: KeyRingConfig,
    known: Mutex<Known>,
}

/// The keys of a ring.
#[derive(Clone, Debug)]
struct Keys {
    current: Arc<SigningKey>,
    previous: Option<Arc<SigningKey>>,
}

impl Keys {
    fn find(&self, id: KeyId) -> Option<&Arc<SigningKey>> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| key.id() == id)
    }

    /// A malformed ring is an error, because without the right key a live session looks like a forged one.
    fn from_item(item: &Item) -> Result<Self, StoreError> {
        let malformed = |attribute| MalformedItem { table: "SigningKeys", attribute };
        let key = |name| {
            let attribute = item.get(name)?;
            Some(SigningKey::from_attribute(attribute).map(Arc::new).ok_or(malformed(name)))
        };
        let current = key("current").ok_or(malformed("current"))??;
        Ok(Self { current, previous: key("previous").transpose()? })
    }
}

#[derive(Debug, Default)]
struct Known {
    keys: Option<Keys>,
    read_at: Option<Timestamp>,
    /// When the bucket of [`READS_FOR_UNKNOWN_KEYS`] is full again.
    unknown_tat: Timestamp,
}

impl Known {
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.read_at.is_some_and(|read_at| now.since(read_at) < FRESH_FOR)
    }
}

/// How long an instance uses a ring before it reads the ring again.
const FRESH_FOR: Duration = Duration::from_mins(5);

/// How often an unknown key id may cause a read: ten times at once, then once a second. The key may be newer than the
/// last read; without a limit, forged cookies would cause a read with every request.
const READS_FOR_UNKNOWN_KEYS: Quota = Quota::new(NonZeroU32::new(10).unwrap(), NonZeroU32::new(10).unwrap());

impl KeyRing {
    /// A ring in the table named by `SIGNING_KEYS_TABLE`.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(
        environment: &Environment,
        client: &Client,
        config: KeyRingConfig,
    ) -> Result<Self, ConfigError> {
        Ok(Self::new(client.clone(), environment.table("SIGNING_KEYS_TABLE")?, config))
    }

    /// A ring in `table`.
    #[must_use]
    pub fn new(client: Client, table: String, config: KeyRingConfig) -> Self {
        Self { client, table, config, known: Mutex::default() }
    }

    /// The key to sign with. Makes one when there is none, or when the current one is too old.
    ///
    /// # Errors
    /// When a call fails, or the stored ring is malformed.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<SigningKey>, StoreError> {
        let keys = self.keys(now).await?;
        match keys.map(|keys| keys.current) {
            Some(key) if now.since(key.created_at()) < self.config.rotation_period => Ok(key),
            replaced => Ok(self.replace(replaced, now).await?.current),
        }
    }

    /// The key with this id; `None` when it is not in the ring.
    ///
    /// # Errors
    /// When a call fails, or the stored ring is malformed.
    pub async fn find(&self, id: KeyId, now: Timestamp) -> Result<Option<Arc<SigningKey>>, StoreError> {
        let keys = self.keys(now).await?;
        if let Some(key) = keys.as_ref().and_then(|keys| keys.find(id)) {
            return Ok(Some(Arc::clone(key)));
        }
        if !self.may_read_for_unknown_key(now) {
            return Ok(None);
        }
        Ok(self.read(now).await?.and_then(|keys| keys.find(id).cloned()))
    }

    /// Reads the ring from the table ahead of its first use. A failure is ignored, because the first request reads
    /// again and reports it.
    pub async fn load(&self, now: Timestamp) {
        let _ = self.read(now).await;
    }

    /// Reads the ring ahead of its first use, and rotates it when it is due. A failure is ignored, as in
    /// [`Self::load`].
    pub async fn load_or_rotate(&self, now: Timestamp) {
        let _ = self.current(now).await;
    }

    async fn keys(&self, now: Timestamp) -> Result<Option<Keys>, StoreError> {
        {
            let known = self.known();
            if known.is_fresh(now) {
                return Ok(known.keys.clone());
            }
        }
        self.read(now).await
    }

    fn may_read_for_unknown_key(&self, now: Timestamp) -> bool {
        let mut known = self.known();
        let admitted = READS_FOR_UNKNOWN_KEYS.admit(known.unknown_tat, now);
        known.unknown_tat = admitted.unwrap_or(known.unknown_tat);
        admitted.is_some()
    }

    async fn read(&self, now: Timestamp) -> Result<Option<Keys>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).key("ring", s(self.config.name));
        let item = get.consistent_read(true).send().await?.item;
        let keys = item.as_ref().map(Keys::from_item).transpose()?;
        Ok(self.learn(keys, now))
    }

    /// Makes a new key current and `replaced` the previous one. When another instance rotated first, its ring is used.
    async fn replace(&self, replaced: Option<Arc<SigningKey>>, now: Timestamp) -> Result<Keys, StoreError> {
        let keys = Keys { current: Arc::new(SigningKey::generate(now)), previous: replaced };
        let keys = match self.put(&keys).send().await {
            Ok(_) => Some(keys),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(check)) => {
                    check.item().map(Keys::from_item).transpose()?
                }
                Some(_) | None => return Err(error.into()),
            },
        };
        self.learn(keys, now).ok_or_else(|| StoreError::permanent("the key ring was deleted during rotation"))
    }

    /// The write of a rotated ring. Its condition is that the ring is as it was read: absent, or with the same current
    /// key. It does not bring back a ring that was deleted in between.
    fn put(&self, keys: &Keys) -> PutItemFluentBuilder {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("ring", s(self.config.name))
            .item("current", keys.current.to_attribute())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Some(previous) = &keys.previous else {
            return put.condition_expression("attribute_not_exists(ring)");
        };
        put.item("previous", previous.to_attribute())
            .condition_expression("#current.#id = :replaced")
            .expression_attribute_names("#current", "current")
            .expression_attribute_names("#id", "id")
            .expression_attribute_values(":replaced", b(&previous.id()))
    }

    fn learn(&self, keys: Option<Keys>, now: Timestamp) -> Option<Keys> {
        let mut known = self.known();
        known.read_at = Some(now);
        known.keys.clone_from(&keys);
        keys
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
