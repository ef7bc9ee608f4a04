//! Limits for guesses at one account from all addresses together, so that a stranger cannot lock the member out (OWASP,
//! "Slow Down Online Guessing Attacks with Device Cookies").
//!
//! A device that logged in before is trusted and has a bucket of its own. All other clients of an account share 64
//! buckets. The client's network decides which one, in a way that nobody outside can compute. A guesser on one network
//! therefore blocks 1/64 of the browsers that are not trusted.

use aws_sdk_dynamodb::Client;
use lambda_http::http::{HeaderMap, HeaderValue};
use shared::config::{ConfigError, Environment};
use shared::gateway::client::ClientAddress;
use shared::keys::{KeyRing, KeyRingConfig, SignedCookie, SigningKey};
use shared::limits::{NotAdmitted, Quota, RateLimiter};
use shared::members::{Email, Member};
use shared::random::random;
use shared::store::StoreError;
use shared::timestamp::Timestamp;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// The device cookie: when it was set, and the device's id. It is bound to the member's number, generation and email.
const DEVICE_COOKIE: SignedCookie<{ Device::LENGTH }> = SignedCookie::new("__Host-Http-device");

/// How long a device is trusted. It equals the rotation period, so that no rotation ends the trust earlier.
const DEVICE_LIFETIME: Duration = KeyRingConfig::DEVICES.rotation_period();

/// The buckets of an account's untrusted clients. Each has the account's quota in a window that is as many times as
/// long, so that all of them refill together as fast as one bucket of the account's quota.
const SHARDS: NonZeroU32 = NonZeroU32::new(64).unwrap();

/// The limits of accounts.
#[derive(Debug)]
pub struct LoginThrottle {
    devices: RateLimiter,
    untrusted: RateLimiter,
    keys: KeyRing,
}

/// An attempt to log in to an account.
#[derive(Debug)]
pub struct LoginAttempt {
    account: Account,
    account_tag: Hex<32>,
    bucket: Bucket,
    key: Arc<SigningKey>,
}

/// The bucket that an attempt takes from.
#[derive(Debug)]
enum Bucket {
    Device(Hex<20>),
    Untrusted(String),
}

impl LoginThrottle {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn from_env(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        let quota: Quota = environment.parsed("ACCOUNT_QUOTA", "10/3600")?;
        let table = environment.table("RATE_LIMITS_TABLE")?;
        let limiter =
            |policy, quota| RateLimiter::new(client.clone(), table.clone(), policy, quota).refundable();
        Ok(Self {
            devices: limiter("device", quota),
            untrusted: limiter("untrusted", quota.slowed(SHARDS)),
            keys: KeyRing::from_env(environment, client, KeyRingConfig::DEVICES)?,
        })
    }

    /// Reads the key ring ahead of the first request, and rotates it when it is due.
    pub async fn load_keys(&self, now: Timestamp) {
        self.keys.load_or_rotate(now).await;
    }

    /// The attempt to log in with `email`, whose member is `member`. Work and calls are the same without a member. Makes
    /// a call only when the key ring is not known yet.
    ///
    /// # Errors
    /// When the key ring cannot be read.
    pub async fn attempt(
        &self,
        headers: &HeaderMap,
        client: &ClientAddress,
        (email, member): (&Email, Option<&Member>),
        now: Timestamp,
    ) -> Result<LoginAttempt, StoreError> {
        let (key, account) = (self.keys.current(now).await?, Account::new(email, member));
        let cookie = DEVICE_COOKIE.read(headers, &account.binding(), &self.keys, now).await?;
        let device =
            cookie.map(Device::from_bytes).filter(|device| member.is_some() && device.is_trusted(now));
        let untrusted = account.shard(client, &key);
        let bucket = device.map_or(Bucket::Untrusted(untrusted), |device| Bucket::Device(device.id));
        let account_tag = Hex(key.sign("account", email.as_str().as_bytes()));
        Ok(LoginAttempt { account, account_tag, bucket, key })
    }

    /// Takes a token from the attempt's bucket.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub async fn take(&self, attempt: &LoginAttempt, now: Timestamp) -> Result<(), NotAdmitted> {
        match &attempt.bucket {
            Bucket::Device(id) => self.devices.take(id, now).await.map(drop),
            Bucket::Untrusted(shard) => self.untrusted.take(shard, now).await.map(drop),
        }
    }

    /// How long a refused attempt is told to wait, in seconds: the whole refill interval, so that the answer does not
    /// show when the bucket was last used.
    #[must_use]
    pub fn retry_after(&self, attempt: &LoginAttempt) -> u64 {
        let limiter = match &attempt.bucket {
            Bucket::Device(_) => &self.devices,
            Bucket::Untrusted(_) => &self.untrusted,
        };
        limiter.quota().refill_interval().as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
    }

    /// Gives the token of a successful attempt back, so that a bucket's state does not show that the member logged in.
    pub async fn refund(&self, attempt: &LoginAttempt, now: Timestamp) {
        match &attempt.bucket {
            Bucket::Device(id) => self.devices.refund(id, now).await,
            Bucket::Untrusted(shard) => self.untrusted.refund(shard, now).await,
        }
    }
}

impl LoginAttempt {
    /// A tag of the account for the log. It stays the same for 180 days at least, and does not reveal the email.
    #[must_use]
    pub fn account_tag(&self) -> String {
        self.account_tag.to_string()
    }

    /// The cookie that makes this browser a trusted device of the account. A trusted device keeps its id, so that it
    /// keeps its bucket.
    #[must_use]
    pub fn device_cookie(&self, now: Timestamp) -> HeaderValue {
        let id = match &self.bucket {
            Bucket::Device(Hex(id)) => *id,
            Bucket::Untrusted(_) => random(),
        };
        let device = Device { set_at: now, id: Hex(id) };
        DEVICE_COOKIE.set(&device.to_bytes(), &self.account.binding(), &self.key, Some(DEVICE_LIFETIME))
    }
}

/// The account that an attempt names, with zeros in place of a member's number and generation when there is no member.
#[derive(Debug)]
struct Account {
    number: [u8; 8],
    generation: [u8; 8],
    email: Email,
}

impl Account {
    fn new(email: &Email, member: Option<&Member>) -> Self {
        Self {
            number: member.map_or(0, |member| member.id().get()).to_be_bytes(),
            generation: member.map_or(0, Member::generation).to_be_bytes(),
            email: email.clone(),
        }
    }

    /// What a device cookie is bound to.
    fn binding(&self) -> Vec<u8> {
        [&self.number[..], &self.generation, self.email.as_str().as_bytes()].concat()
    }

    /// The bucket of untrusted clients in the client's network. It names the generation, so that setting the password
    /// makes all buckets of the account fresh.
    fn shard(&self, client: &ClientAddress, key: &SigningKey) -> String {
        let email = self.email.as_str().as_bytes();
        let tag = Hex(key.sign("account", &[&self.generation[..], email].concat()));
        let [first, ..] = key.sign("shard", &[&client.network()[..], email].concat());
        format!("{tag}#{}", u32::from(first) % SHARDS)
    }
}

/// A browser that logged in to an account before.
#[derive(Debug)]
struct Device {
    set_at: Timestamp,
    id: Hex<20>,
}

impl Device {
    const LENGTH: usize = 8 + 20;

    fn is_trusted(&self, now: Timestamp) -> bool {
        now < self.set_at + DEVICE_LIFETIME
    }

    fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let set_at = self.set_at.as_secs().to_be_bytes();
        [&set_at[..], &self.id.0].concat().try_into().expect("8 and 20 bytes are 28")
    }

    fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        let (set_at, id) = bytes.split_first_chunk().expect("28 bytes hold 8");
        let set_at = Timestamp::from_secs(u64::from_be_bytes(*set_at));
        Self { set_at, id: Hex(id.try_into().expect("20 bytes are left of 28")) }
    }
}

/// Bytes that are printed in hexadecimal.
#[derive(Debug)]
struct Hex<const N: usize>([u8; N]);

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shards of 200 networks for the account with this email.
    fn shards(email: &str, key: &SigningKey) -> Vec<String> {
        let account = Account::new(&Email::parse(email).unwrap(), None);
        let client = |network| ClientAddress::read(&format!("10.{network}.0.1"));
        let bucket = |network| account.shard(&client(network), key);
        (0..200).map(|network| bucket(network).rsplit('#').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn networks_have_other_shards_for_another_account_and_under_another_key() {
        let [key, other_key] = [0, 1].map(|second| SigningKey::generate(Timestamp::from_secs(second)));
        let ada = shards("ada@example.com", &key);
        assert_eq!(shards("ada@example.com", &key), ada);
        assert_ne!(shards("bob@example.com", &key), ada);
        assert_ne!(shards("ada@example.com", &other_key), ada);
        assert!(ada.iter().all(|shard| shard.parse::<u32>().unwrap() < 64));
    }
}
