//! What holds off guessing from many addresses: a bucket for each account, and one for each device that
//! logged in to it before, so that nobody can lock a member out. After OWASP's "Slow Down Online Guessing
//! Attacks with Device Cookies".

use aws_sdk_dynamodb::Client;
use lambda_http::http::{HeaderMap, HeaderValue};
use shared::config::{ConfigError, Environment};
use shared::cookie::SignedCookie;
use shared::email::Email;
use shared::error::Error;
use shared::rate_limit::RateLimiter;
use shared::signing_key::{SigningKey, random};
use shared::signing_keys::{Ring, SigningKeys};
use shared::timestamp::Timestamp;
use std::fmt;
use std::time::Duration;

/// The device cookie: when it was set, and which device it is. It is bound to the email that logged in.
const DEVICE_COOKIE: SignedCookie<{ Device::LENGTH }> = SignedCookie::new("__Host-Http-device");

/// How long a device is remembered: so long that no rotation ends it before its time.
const DEVICE_LIFETIME: Duration = Ring::DEVICES.age_limit();

/// Which account an attempt is at, and from which device of it, if from one.
#[derive(Debug)]
pub struct Guess {
    account: Hex<32>,
    device: Option<Device>,
    key: SigningKey,
}

impl Guess {
    /// A tag of the account: the same for the same email for half a year at least, and of no use to find it.
    #[must_use]
    pub fn account(&self) -> String {
        self.account.to_string()
    }

    /// The cookie that makes this browser a device of the account. A device that was one stays the same
    /// one: a success gives its bucket nothing back.
    #[must_use]
    pub fn device_cookie(&self, email: &Email, now: Timestamp) -> HeaderValue {
        let id = self.device.as_ref().map_or_else(random, |device| device.id.0);
        let device = Device { set_at: now.as_secs(), id: Hex(id) };
        DEVICE_COOKIE.set(&device.to_bytes(), email.as_str().as_bytes(), &self.key, Some(DEVICE_LIFETIME))
    }
}

/// The buckets of accounts and devices.
#[derive(Debug)]
pub struct Guesses {
    accounts: RateLimiter,
    devices: RateLimiter,
    keys: SigningKeys,
}

impl Guesses {
    /// From the environment, on one client.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn new(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        let quota = environment.parsed("ACCOUNT_QUOTA", "10/3600")?;
        let limiter = |policy| -> Result<_, ConfigError> {
            Ok(RateLimiter::new(client.clone(), environment.table("RATE_LIMITS_TABLE")?, policy, quota))
        };
        Ok(Self {
            accounts: limiter("account")?,
            devices: limiter("device")?,
            keys: SigningKeys::new(client.clone(), environment.table("SIGNING_KEYS_TABLE")?, Ring::DEVICES),
        })
    }

    /// Reads the keys ahead of the first request.
    pub async fn warm_up(&self, now: Timestamp) {
        self.keys.warm_up_to_sign(now).await;
    }

    /// Whose bucket an attempt to log in with `email` is counted in. Costs no call but for a key ring that is
    /// not known yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn guess(&self, headers: &HeaderMap, email: &Email, now: Timestamp) -> Result<Guess, Error> {
        let key = self.keys.current(now).await?;
        let cookie = DEVICE_COOKIE.read(headers, email.as_str().as_bytes(), &self.keys, now).await?;
        let device = cookie.map(Device::from_bytes).filter(|device| device.is_remembered(now));
        Ok(Guess { account: Hex(key.sign("account", email.as_str().as_bytes())), device, key })
    }

    /// Takes a token from the device's bucket, or without a device from the account's.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`], [`Error::Unavailable`].
    pub async fn take(&self, guess: &Guess, now: Timestamp) -> Result<(), Error> {
        match &guess.device {
            Some(device) => self.devices.take(&device.id, now).await,
            None => self.accounts.take(&guess.account, now).await,
        }
        .map(drop)
    }
}

/// A browser that logged in to an account before.
#[derive(Debug)]
struct Device {
    set_at: u64,
    id: Hex<20>,
}

impl Device {
    const LENGTH: usize = 8 + 20;

    fn is_remembered(&self, now: Timestamp) -> bool {
        now.as_secs() < self.set_at.saturating_add(DEVICE_LIFETIME.as_secs())
    }

    fn to_bytes(&self) -> [u8; Self::LENGTH] {
        [&self.set_at.to_be_bytes()[..], &self.id.0].concat().try_into().expect("8 and 20 bytes are 28")
    }

    fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        let (set_at, id) = bytes.split_first_chunk().expect("28 bytes hold 8");
        Self { set_at: u64::from_be_bytes(*set_at), id: Hex(id.try_into().expect("20 bytes are left of 28")) }
    }
}

/// Bytes that are shown in hexadecimal.
#[derive(Debug)]
struct Hex<const N: usize>([u8; N]);

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
