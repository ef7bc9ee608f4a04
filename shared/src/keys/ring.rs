//! Key rings: the keys that sign cookies, in `DynamoDB`.
//!
//! A ring has a current key that signs and a previous key that still verifies. Only login rotates: the first login
//! creates a key, and once the current key is older than the rotation period, the next login replaces it.

use crate::config::{ConfigError, Environment};
use crate::keys::{KeyId, SigningKey};
use crate::limits::Quota;
use crate::store::{self, Item, MalformedItem, StoreError, b, n, s};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The name of a ring.
#[derive(Clone, Copy, Debug)]
pub enum RingName {
    /// The keys of the session cookie.
    Sessions,
    /// The keys of the device cookie.
    Devices,
}

impl RingName {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Devices => "devices",
        }
    }
}

/// A ring in the table, and this instance's copy of it.
#[derive(Debug)]
pub struct KeyRing {
    dynamodb: Client,
    table: String,
    name: RingName,
    known: Mutex<Known>,
}

/// A ring that signs with its current key and rotates that key.
#[derive(Debug)]
pub struct RotatingKeyRing {
    ring: KeyRing,
    rotation_period: Duration,
}

/// The keys of a ring.
#[derive(Clone, Debug)]
struct Keys {
    current: Arc<SigningKey>,
    previous: Option<Arc<SigningKey>>,
    /// When the current key is due for replacement.
    signs_until: Timestamp,
}

impl Keys {
    fn get(&self, id: KeyId) -> Option<&Arc<SigningKey>> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| key.id() == id)
    }

    /// A malformed ring is an error, because without the right key a live session looks forged.
    fn from_item(item: &Item) -> Result<Self, StoreError> {
        let malformed = |attribute| MalformedItem { table: "SigningKeys", attribute };
        let key = |name| {
            let attribute = item.get(name)?;
            Some(SigningKey::from_attribute(attribute).map(Arc::new).ok_or(malformed(name)))
        };
        let current = key("current").ok_or(malformed("current"))??;
        let signs_until = store::number(item, "signs_until").ok_or(malformed("signs_until"))?;
        let signs_until = Timestamp::from_micros(signs_until);
        Ok(Self { current, previous: key("previous").transpose()?, signs_until })
    }

    /// Whether another instance may have replaced the current key by now.
    fn may_be_replaced(&self, now: Timestamp) -> bool {
        self.signs_until <= now + CLOCK_DIFFERENCE
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

/// How far the clock of an instance that rotates may be ahead of this instance's clock.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(10);

/// How often an unknown key id may cause a read: a burst of ten, then once a second. A read is needed because the key
/// may be newer than this instance's copy. Without a limit, every forged cookie would cause a read.
const READS_FOR_UNKNOWN_KEYS: Quota = Quota::new(NonZeroU32::new(10).unwrap(), NonZeroU32::new(10).unwrap());

impl KeyRing {
    /// A ring in the table named by `SIGNING_KEYS_TABLE`.
    pub fn from_env(
        environment: &Environment,
        dynamodb: &Client,
        name: RingName,
    ) -> Result<Self, ConfigError> {
        Ok(Self::new(dynamodb.clone(), environment.table("SIGNING_KEYS_TABLE")?, name))
    }

    /// A ring in `table`.
    pub fn new(dynamodb: Client, table: String, name: RingName) -> Self {
        Self { dynamodb, table, name, known: Mutex::default() }
    }

    /// The same ring, with keys that sign for `rotation_period`.
    pub const fn rotating(self, rotation_period: Duration) -> RotatingKeyRing {
        RotatingKeyRing { ring: self, rotation_period }
    }

    /// The key with this id; `None` when it is not in the ring.
    ///
    /// # Errors
    /// When a call fails, or the stored ring is malformed. Transient when the key may be newer than this instance's
    /// copy, but too many unknown keys were looked up already.
    pub async fn get(&self, id: KeyId, now: Timestamp) -> Result<Option<Arc<SigningKey>>, StoreError> {
        let keys = self.keys(now).await?;
        if let Some(key) = keys.as_ref().and_then(|keys| keys.get(id)) {
            return Ok(Some(Arc::clone(key)));
        }
        if self.may_read_for_unknown_key(now) {
            return Ok(self.read(now).await?.and_then(|keys| keys.get(id).cloned()));
        }
        if keys.is_none_or(|keys| keys.may_be_replaced(now)) {
            return Err(StoreError::transient("a key that may be new cannot be looked up at the moment"));
        }
        Ok(None)
    }

    /// Reads the ring from the table before its first use. A failure is ignored, because the first request reads the
    /// ring again and reports the failure.
    pub async fn warm_up(&self, now: Timestamp) {
        let _ = self.read(now).await;
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
        let get = self.dynamodb.get_item().table_name(&self.table).key("ring", s(self.name.as_str()));
        let item = get.consistent_read(true).send().await?.item;
        let keys = item.as_ref().map(Keys::from_item).transpose()?;
        Ok(self.learn(keys, now))
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

impl RotatingKeyRing {
    /// The ring, for verifying.
    pub const fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// The key to sign with. Creates a key if there is none, or if the current key is too old.
    ///
    /// # Errors
    /// When a call fails, or the stored ring is malformed.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<SigningKey>, StoreError> {
        let keys = self.ring.keys(now).await?;
        match keys.map(|keys| keys.current) {
            Some(key) if now.since(key.created_at()) < self.rotation_period => Ok(key),
            replaced => Ok(self.replace(replaced, now).await?.current),
        }
    }

    /// Reads the ring before its first use, and rotates the ring if that is due. A failure is ignored, as in
    /// [`KeyRing::warm_up`].
    pub async fn warm_up(&self, now: Timestamp) {
        let _ = self.current(now).await;
    }

    /// Stores the ring with a new current key, and with `replaced` as the previous key. If another instance rotated
    /// first, that instance's ring is used.
    async fn replace(&self, replaced: Option<Arc<SigningKey>>, now: Timestamp) -> Result<Keys, StoreError> {
        let current = Arc::new(SigningKey::generate(now));
        let keys = Keys { current, previous: replaced, signs_until: now + self.rotation_period };
        let keys = match self.put(&keys).send().await {
            Ok(_) => Some(keys),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(check)) => {
                    check.item().map(Keys::from_item).transpose()?
                }
                Some(_) | None => return Err(error.into()),
            },
        };
        self.ring
            .learn(keys, now)
            .ok_or_else(|| StoreError::permanent("the key ring was deleted during rotation"))
    }

    /// The write of a rotated ring. Its condition is that the stored ring is as read: missing, or with the same current
    /// key. A ring that was deleted in between stays deleted.
    fn put(&self, keys: &Keys) -> PutItemFluentBuilder {
        let put = self
            .ring
            .dynamodb
            .put_item()
            .table_name(&self.ring.table)
            .item("ring", s(self.ring.name.as_str()))
            .item("current", keys.current.to_attribute())
            .item("signs_until", n(keys.signs_until.as_micros()))
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
}
