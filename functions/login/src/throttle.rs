//! Limits for guesses at one account: a bucket for the account, and one for each device that logged in to it before, so
//! that a stranger cannot lock the member out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").

use aws_sdk_dynamodb::Client;
use lambda_http::http::{HeaderMap, HeaderValue};
use shared::config::{ConfigError, Environment};
use shared::keys::{KeyRing, KeyRingConfig, SignedCookie, SigningKey};
use shared::limits::{BucketState, NotAdmitted, RateLimiter};
use shared::members::Email;
use shared::random::random;
use shared::store::StoreError;
use shared::timestamp::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The device cookie: when it was set, and the device's id. It is bound to the email that logged in.
const DEVICE_COOKIE: SignedCookie<{ Device::LENGTH }> = SignedCookie::new("__Host-Http-device");

/// How long a device is trusted. It equals the rotation period, so that no rotation ends the trust earlier.
const DEVICE_LIFETIME: Duration = KeyRingConfig::DEVICES.rotation_period();

/// An attempt to log in to an account, perhaps from a trusted device.
#[derive(Debug)]
pub struct LoginAttempt {
    account: Hex<32>,
    device: Option<Device>,
    key: Arc<SigningKey>,
}

impl LoginAttempt {
    /// A tag of the account for the log. It stays the same for 180 days at least, and does not reveal the email.
    #[must_use]
    pub fn account(&self) -> String {
        self.account.to_string()
    }

    /// The cookie that makes this browser a trusted device of the account. A trusted device keeps its id, so that a
    /// successful login does not refill its bucket.
    #[must_use]
    pub fn device_cookie(&self, email: &Email, now: Timestamp) -> HeaderValue {
        let id = self.device.as_ref().map_or_else(random, |device| device.id.0);
        let device = Device { set_at: now, id: Hex(id) };
        DEVICE_COOKIE.set(&device.to_bytes(), email.as_str().as_bytes(), &self.key, Some(DEVICE_LIFETIME))
    }
}

/// The buckets of accounts and devices.
#[derive(Debug)]
pub struct LoginThrottle {
    accounts: RateLimiter,
    devices: RateLimiter,
    keys: KeyRing,
}

impl LoginThrottle {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn from_env(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        let limiter =
            |policy| RateLimiter::from_env(environment, client, policy, ("ACCOUNT_QUOTA", "10/3600"));
        Ok(Self {
            accounts: limiter("account")?,
            devices: limiter("device")?,
            keys: KeyRing::from_env(environment, client, KeyRingConfig::DEVICES)?,
        })
    }

    /// Reads the key ring ahead of the first request, and rotates it when it is due.
    pub async fn load_keys(&self, now: Timestamp) {
        self.keys.load_or_rotate(now).await;
    }

    /// The attempt to log in with `email`. Makes a call only when the key ring is not known yet.
    ///
    /// # Errors
    /// When the key ring cannot be read.
    pub async fn attempt(
        &self,
        headers: &HeaderMap,
        email: &Email,
        now: Timestamp,
    ) -> Result<LoginAttempt, StoreError> {
        let key = self.keys.current(now).await?;
        let cookie = DEVICE_COOKIE.read(headers, email.as_str().as_bytes(), &self.keys, now).await?;
        let device = cookie.map(Device::from_bytes).filter(|device| device.is_trusted(now));
        Ok(LoginAttempt { account: Hex(key.sign("account", email.as_str().as_bytes())), device, key })
    }

    /// Takes a token from the bucket of the trusted device, or else of the account.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub async fn take(&self, attempt: &LoginAttempt, now: Timestamp) -> Result<BucketState, NotAdmitted> {
        match &attempt.device {
            Some(device) => self.devices.take(&device.id, now).await,
            None => self.accounts.take(&attempt.account, now).await,
        }
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
