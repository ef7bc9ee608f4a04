//! Limits on password guesses against one account, from all addresses together. A guesser cannot lock the member out
//! (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
//!
//! A device that logged in before is trusted and has its own bucket. All other clients of an account share 64 buckets.
//! A keyed hash of the client's network selects the bucket, so an outsider cannot compute which bucket a network uses.
//! A guesser on one network therefore blocks 1/64 of the browsers that are not trusted.

use aws_sdk_dynamodb::Client;
use lambda_http::http::HeaderValue;
use shared::config::{ConfigError, Environment};
use shared::gateway::Request;
use shared::gateway::client::ClientAddress;
use shared::keys::{KeyRing, RingName, RotatingKeyRing, SignedCookie, SigningKey};
use shared::limits::{NotAdmitted, Quota, RateLimiter};
use shared::members::{Email, Member};
use shared::random::random;
use shared::store::StoreError;
use shared::timestamp::Timestamp;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// The device cookie. It contains the time when it was set and the device's id, and is bound to the member's id,
/// generation and email.
const DEVICE_COOKIE: SignedCookie<{ Device::LENGTH }> = SignedCookie::new("__Host-Http-device");

/// How long a device is trusted. The key ring rotates with the same period, so no rotation ends the trust earlier.
const DEVICE_LIFETIME: Duration = Duration::from_hours(180 * 24);

/// The number of buckets of an account's untrusted clients. Each bucket has the account's quota with a window that is
/// 64 times as long. Together, the buckets refill as fast as one bucket with the account's quota.
const SHARDS: NonZeroU32 = NonZeroU32::new(64).unwrap();

/// The limits on logins to each account.
#[derive(Debug)]
pub struct LoginThrottle {
    devices: RateLimiter,
    untrusted: RateLimiter,
    keys: RotatingKeyRing,
}

/// An attempt to log in to an account.
#[derive(Debug)]
pub struct LoginAttempt {
    account: Account,
    bucket: Bucket,
    key: Arc<SigningKey>,
    now: Timestamp,
}

type DeviceId = [u8; 20];

/// The bucket that an attempt takes from.
#[derive(Debug)]
enum Bucket {
    Device(DeviceId),
    Untrusted(String),
}

impl LoginThrottle {
    /// The limits and the keys in the tables that `environment` names.
    pub fn from_env(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        let quota: Quota = environment.parsed("ACCOUNT_QUOTA", "10/3600")?;
        let table = environment.table("RATE_LIMITS_TABLE")?;
        let limiter =
            |policy, quota| RateLimiter::new(dynamodb.clone(), table.clone(), policy, quota).refundable();
        Ok(Self {
            devices: limiter("device", quota),
            untrusted: limiter("untrusted", quota.slowed(SHARDS)),
            keys: KeyRing::from_env(environment, dynamodb, RingName::Devices)?.rotating(DEVICE_LIFETIME),
        })
    }

    /// Reads the key ring before the first request, and rotates the ring if that is due.
    pub async fn warm_up(&self, now: Timestamp) {
        self.keys.warm_up(now).await;
    }

    /// The attempt to log in with `email`, whose member is `member`. The work and the calls are the same if there is no
    /// member. Makes a call only if the key ring has to be read or rotated.
    ///
    /// # Errors
    /// When the key ring cannot be read.
    pub async fn attempt(
        &self,
        request: &Request,
        email: &Email,
        member: Option<&Member>,
    ) -> Result<LoginAttempt, StoreError> {
        let now = request.now();
        let (key, account) = (self.keys.current(now).await?, Account::new(email, member));
        let cookie = DEVICE_COOKIE.read(request.headers(), &account.binding(), self.keys.ring(), now).await?;
        let device =
            cookie.map(Device::from_bytes).filter(|device| member.is_some() && device.is_trusted(now));
        let untrusted = account.shard(request.client(), &key);
        let bucket = device.map_or(Bucket::Untrusted(untrusted), |device| Bucket::Device(device.id));
        Ok(LoginAttempt { account, bucket, key, now })
    }

    /// Takes a permit from the attempt's bucket.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub async fn take(&self, attempt: &LoginAttempt) -> Result<(), NotAdmitted> {
        self.limiter(attempt).take(&attempt.bucket, attempt.now).await.map(drop)
    }

    fn limiter(&self, attempt: &LoginAttempt) -> &RateLimiter {
        match &attempt.bucket {
            Bucket::Device(_) => &self.devices,
            Bucket::Untrusted(_) => &self.untrusted,
        }
    }

    /// The wait that a refused attempt gets in `Retry-After`, in seconds. The wait is always the refill interval of a
    /// trusted device's bucket, so that the response shows neither whether the device is trusted nor when the bucket
    /// was last used.
    pub fn retry_after(&self) -> u64 {
        let interval = self.devices.quota().refill_interval();
        interval.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
    }

    /// Gives back the permit of a successful attempt, so that the bucket does not show that the member logged in.
    pub async fn refund(&self, attempt: &LoginAttempt) {
        self.limiter(attempt).refund(&attempt.bucket, attempt.now).await;
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(id) => f.write_str(&hex::encode(id)),
            Self::Untrusted(shard) => f.write_str(shard),
        }
    }
}

impl LoginAttempt {
    /// A tag of the account for the log. The tag does not reveal the email, and changes when the device key rotates: at
    /// most once in 180 days.
    pub fn account_tag(&self) -> String {
        self.account.tag(&self.key)
    }

    /// The cookie that makes this browser a trusted device of the account. A device that is already trusted keeps its
    /// id and therefore its bucket.
    pub fn device_cookie(&self) -> HeaderValue {
        let id = match self.bucket {
            Bucket::Device(id) => id,
            Bucket::Untrusted(_) => random(),
        };
        let device = Device { set_at: self.now, id };
        DEVICE_COOKIE.set(&device.to_bytes(), &self.account.binding(), &self.key, Some(DEVICE_LIFETIME))
    }
}

/// The account that an attempt names, with zeros for the id and the generation if there is no member.
#[derive(Debug)]
struct Account {
    member_id: [u8; 8],
    generation: [u8; 8],
    email: Email,
}

impl Account {
    fn new(email: &Email, member: Option<&Member>) -> Self {
        Self {
            member_id: member.map_or(0, |member| member.id().get()).to_be_bytes(),
            generation: member.map_or(0, |member| member.generation().get()).to_be_bytes(),
            email: email.clone(),
        }
    }

    /// The data that a device cookie is bound to.
    fn binding(&self) -> Vec<u8> {
        [&self.member_id[..], &self.generation, self.email.as_str().as_bytes()].concat()
    }

    /// The account's name in the log.
    fn tag(&self, key: &SigningKey) -> String {
        hex::encode(key.sign("account", self.email.as_str().as_bytes()))
    }

    /// The bucket of the untrusted clients in the client's network. The bucket's name depends on the generation, so
    /// that setting the password starts new buckets for the account.
    ///
    /// Invariant: each purpose signs messages of one form, so that no email can produce the tag of another account.
    fn shard(&self, client: ClientAddress, key: &SigningKey) -> String {
        let email = self.email.as_str().as_bytes();
        let tag = hex::encode(key.sign("untrusted", &[&self.generation[..], email].concat()));
        let [first, ..] = key.sign("shard", &[&client.network()[..], email].concat());
        format!("{tag}#{}", u32::from(first) % SHARDS)
    }
}

/// A browser that logged in to an account before.
#[derive(Debug)]
struct Device {
    set_at: Timestamp,
    id: DeviceId,
}

impl Device {
    const LENGTH: usize = 8 + 20;

    fn is_trusted(&self, now: Timestamp) -> bool {
        now < self.set_at + DEVICE_LIFETIME
    }

    fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let set_at = self.set_at.as_secs().to_be_bytes();
        [&set_at[..], &self.id].concat().try_into().expect("8 and 20 bytes are 28")
    }

    fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        let (set_at, id) = bytes.split_first_chunk().expect("28 bytes hold 8");
        let set_at = Timestamp::from_secs(u64::from_be_bytes(*set_at));
        Self { set_at, id: id.try_into().expect("20 bytes are left of 28") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shards of 200 networks for the account with this email.
    fn shards(email: &str, key: &SigningKey) -> Vec<String> {
        let account = Account::new(&Email::parse(email).unwrap(), None);
        let client = |network| ClientAddress::parse(Some(&format!("10.{network}.0.1")));
        let bucket = |network| account.shard(client(network), key);
        (0..200).map(|network| bucket(network).rsplit('#').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_shards_of_networks_differ_between_accounts_and_keys() {
        let [key, other_key] = [0, 1].map(|second| SigningKey::generate(Timestamp::from_secs(second)));
        let ada = shards("ada@example.com", &key);
        assert_eq!(shards("ada@example.com", &key), ada);
        assert_ne!(shards("bob@example.com", &key), ada);
        assert_ne!(shards("ada@example.com", &other_key), ada);
        assert!(ada.iter().all(|shard| shard.parse::<u32>().unwrap() < 64));
    }

    #[test]
    fn no_email_has_the_tag_of_another_accounts_bucket() {
        let key = SigningKey::generate(Timestamp::default());
        let email = |text| Email::parse(text).unwrap();
        let ada =
            Account { generation: 1_u64.to_be_bytes(), ..Account::new(&email("ada@example.com"), None) };
        let bucket = ada.shard(ClientAddress::parse(None), &key);
        for forged in ["\0\0\0\0\0\0\0\u{1}ada@example.com", "ada@example.com"] {
            assert!(!bucket.starts_with(&Account::new(&email(forged), None).tag(&key)), "{forged:?}");
        }
    }
}
