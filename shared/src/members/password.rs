//! Passwords, their bcrypt hashes, and a verification that takes the same work in every case.

use crate::members::RefusedPassword;
use crate::random::random;
use bcrypt::HashParts;
use secrecy::{ExposeSecret, SecretString};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A password as submitted: the bytes of its UTF-8 form.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

/// How many bytes of a password bcrypt reads. bcrypt would ignore the rest, so a longer password never matches.
pub const LONGEST_PASSWORD_BYTES: usize = 72;

impl Password {
    /// Accepts any text. Verification decides whether the password can match.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Whether bcrypt would read the whole password. bcrypt stops after 72 bytes and at a NUL.
    pub fn is_hashable(&self) -> bool {
        let password = self.0.expose_secret();
        password.len() <= LONGEST_PASSWORD_BYTES && !password.contains('\0')
    }

    /// Checks that a member with this password could log in. Every password must pass before its hash is stored, even a
    /// weak one.
    ///
    /// # Errors
    /// When the password is empty, or bcrypt would not read all of it.
    pub fn check_storable(&self) -> Result<(), RefusedPassword> {
        let text = self.text();
        if text.is_empty() {
            Err(RefusedPassword::Empty)
        } else if text.contains('\0') {
            Err(RefusedPassword::Nul)
        } else if text.len() > LONGEST_PASSWORD_BYTES {
            Err(RefusedPassword::TooLong)
        } else {
            Ok(())
        }
    }

    pub(super) fn text(&self) -> &str {
        self.0.expose_secret()
    }

    fn as_bytes(&self) -> &[u8] {
        self.text().as_bytes()
    }
}

/// The base-2 logarithm of bcrypt's rounds: 10 to 15. A lower cost makes guessing too fast (OWASP, "Password Storage
/// Cheat Sheet"); a higher cost takes longer than a request may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost(u32);

impl Cost {
    /// For tests with many logins: one more than bcrypt's lowest cost, so that tests can have an outdated hash. No
    /// setting allows this cost.
    pub const OF_TESTS: Self = Self(5);
}

impl FromStr for Cost {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let cost = text.parse().ok().filter(|cost| (10..=15).contains(cost));
        cost.map(Self).ok_or("must be a bcrypt cost, from 10 to 15")
    }
}

/// A bcrypt hash in its usual form: `$2b$12$` and 53 characters.
#[derive(Clone, Debug)]
pub struct PasswordHash {
    text: SecretString,
    cost: u32,
}

impl PasswordHash {
    /// The stored form. Not for logs.
    pub fn as_str(&self) -> &str {
        self.text.expose_secret()
    }
}

impl PartialEq for PasswordHash {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for PasswordHash {}

impl FromStr for PasswordHash {
    type Err = MalformedHash;

    /// Reads `$2a$`, `$2b$` and `$2y$`. For passwords that can match, all three are the same algorithm.
    fn from_str(text: &str) -> Result<Self, MalformedHash> {
        let prefix = text.get(..7).ok_or(MalformedHash)?.as_bytes();
        let is_known = matches!(prefix, [b'$', b'2', b'a' | b'b' | b'y', b'$', tens, ones, b'$']
            if tens.is_ascii_digit() && ones.is_ascii_digit());
        let cost = text.parse::<HashParts>().map_err(|_| MalformedHash)?.get_cost();
        if is_known && (4..=31).contains(&cost) {
            Ok(Self { text: text.into(), cost })
        } else {
            Err(MalformedHash)
        }
    }
}

/// The text is not a bcrypt hash that can be verified.
#[derive(Debug, thiserror::Error)]
#[error("not a bcrypt hash of the form $2b$12$…")]
pub struct MalformedHash;

/// Hashes and verifies passwords at one target cost, off the async thread.
#[derive(Debug)]
pub struct PasswordHasher {
    target: u32,
    rounds: Arc<AtomicU64>,
}

impl PasswordHasher {
    /// A hasher whose new hashes have the cost `target`.
    pub fn new(target: Cost) -> Self {
        Self { target: target.0, rounds: Arc::default() }
    }

    /// Whether `password` matches `hash`. The work is 2^target rounds in every case:
    ///
    /// - Without a hash, or with a password or a hash that cannot match, a hash with a random salt is computed.
    /// - With a hash of a lower cost *c*, the missing rounds are computed and discarded: 2^c + 2^c + 2^(c+1) + … +
    ///   2^(target−1) = 2^target.
    ///
    /// A hash of a higher cost never matches, because verifying it would take longer than other logins.
    pub async fn matches(&self, password: &Password, hash: Option<&PasswordHash>) -> bool {
        let usable = hash.filter(|hash| password.is_hashable() && self.can_verify(hash)).cloned();
        let (password, target) = (password.clone(), self.target);
        self.off_thread(move |rounds| {
            let Some(hash) = usable else {
                rounds.burn(&password, target);
                return false;
            };
            let matches = rounds.verify(&password, &hash);
            (hash.cost..target).for_each(|cost| rounds.burn(&password, cost));
            matches
        })
        .await
    }

    /// Whether `hash` can match a password: its cost is not above the target.
    pub const fn can_verify(&self, hash: &PasswordHash) -> bool {
        hash.cost <= self.target
    }

    /// Whether the cost of `hash` is below the target.
    pub const fn is_outdated(&self, hash: &PasswordHash) -> bool {
        hash.cost < self.target
    }

    /// A new hash of the target cost with a random salt.
    ///
    /// # Errors
    /// [`UnhashablePassword`] when bcrypt would ignore a part of the password.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, UnhashablePassword> {
        if !password.is_hashable() {
            return Err(UnhashablePassword);
        }
        let (password, cost) = (password.clone(), self.target);
        Ok(self.off_thread(move |rounds| rounds.hash(&password, cost)).await)
    }

    /// The rounds computed so far: the sum of 2^cost. Tests use this number to compare the work of logins.
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce(&Rounds) -> T + Send + 'static) -> T {
        let rounds = Rounds(Arc::clone(&self.rounds));
        match tokio::task::spawn_blocking(move || work(&rounds)).await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// bcrypt would not read the whole password.
#[derive(Debug, thiserror::Error)]
#[error("the password is over 72 bytes or contains a NUL; bcrypt would ignore the rest of it")]
pub struct UnhashablePassword;

/// Every call of bcrypt goes through here, so that all rounds are counted.
struct Rounds(Arc<AtomicU64>);

impl Rounds {
    fn verify(&self, password: &Password, hash: &PasswordHash) -> bool {
        self.count(hash.cost);
        bcrypt::verify(password.as_bytes(), hash.as_str()).unwrap_or(false)
    }

    fn burn(&self, password: &Password, cost: u32) {
        std::hint::black_box(self.compute(password, cost));
    }

    fn hash(&self, password: &Password, cost: u32) -> PasswordHash {
        PasswordHash { text: self.compute(password, cost).to_string().into(), cost }
    }

    fn compute(&self, password: &Password, cost: u32) -> HashParts {
        self.count(cost);
        bcrypt::hash_with_salt(password.as_bytes(), cost, random()).expect("the cost is one of bcrypt's")
    }

    fn count(&self, cost: u32) {
        self.0.fetch_add(1 << cost, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> PasswordHasher {
        PasswordHasher::new("10".parse().unwrap())
    }

    #[test]
    fn passwords_and_hashes_are_not_printed() {
        let hash: PasswordHash =
            "$2y$12$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u".parse().unwrap();
        let printed = format!("{:?} {hash:?}", Password::new("enchantress"));
        assert!(!printed.contains("enchantress") && !printed.contains("L6Bc"), "{printed}");
    }

    #[test]
    fn only_supported_bcrypt_hashes_are_parsed() {
        let rest = "L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u";
        for good in ["$2a$12$", "$2b$04$", "$2y$31$"] {
            assert!(format!("{good}{rest}").parse::<PasswordHash>().is_ok(), "{good}");
        }
        for bad in ["$2x$12$", "$2b$03$", "$2b$32$", "$2b$+5$", "$2b$ 5$", "$2$12$$", "$argon2"] {
            assert!(format!("{bad}{rest}").parse::<PasswordHash>().is_err(), "{bad}");
        }
        assert!("".parse::<PasswordHash>().is_err());
        assert!("é".repeat(30).parse::<PasswordHash>().is_err());
        assert!("$2b$12$tooshort".parse::<PasswordHash>().is_err());
    }

    #[test]
    fn a_cost_is_from_10_to_15() {
        assert!("12".parse::<Cost>().is_ok());
        for bad in ["9", "16", "31", "-1", "", "twelve"] {
            assert!(bad.parse::<Cost>().is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_hash_matches_its_password_and_no_other() {
        let hasher = hasher();
        let hash = hasher.hash(&Password::new("enchantress")).await.unwrap();
        assert!(hash.as_str().starts_with("$2b$10$"));
        assert!(hasher.matches(&Password::new("enchantress"), Some(&hash)).await);
        assert!(!hasher.matches(&Password::new("Enchantress"), Some(&hash)).await);
        assert!(!hasher.matches(&Password::new("enchantress"), None).await);
    }

    #[tokio::test]
    async fn a_password_is_compared_to_its_last_byte() {
        let hasher = hasher();
        let longest = "é".repeat(36);
        let hash = hasher.hash(&Password::new(&longest)).await.unwrap();
        assert!(hasher.matches(&Password::new(&longest), Some(&hash)).await);
        assert!(!hasher.matches(&Password::new(&(longest.clone() + "x")), Some(&hash)).await);
        assert!(hasher.hash(&Password::new(&(longest + "x"))).await.is_err());

        let hash = hasher.hash(&Password::new("before")).await.unwrap();
        assert!(!hasher.matches(&Password::new("before\0after"), Some(&hash)).await);
        assert!(hasher.hash(&Password::new("before\0after")).await.is_err());
    }

    #[tokio::test]
    async fn every_verification_costs_the_same() {
        let quick = bcrypt::hash("password", 4).unwrap().parse::<PasswordHash>().unwrap();
        let costly = bcrypt::hash("password", 11).unwrap().parse::<PasswordHash>().unwrap();
        let hasher = hasher();
        let equal = hasher.hash(&Password::new("password")).await.unwrap();
        let too_long = "x".repeat(73);
        for (case, password, hash) in [
            ("a member", "password", Some(&equal)),
            ("a wrong password", "wrong", Some(&equal)),
            ("no member", "password", None),
            ("a quick hash", "password", Some(&quick)),
            ("a wrong password against a quick hash", "wrong", Some(&quick)),
            ("a hash above the target cost", "password", Some(&costly)),
            ("a password too long", too_long.as_str(), Some(&equal)),
            ("a NUL", "pass\0word", Some(&quick)),
        ] {
            let before = hasher.rounds();
            hasher.matches(&Password::new(password), hash).await;
            assert_eq!(hasher.rounds() - before, 1 << 10, "{case}");
        }
    }

    #[tokio::test]
    async fn a_hash_of_a_lower_cost_matches_and_one_of_a_higher_cost_does_not() {
        let hasher = hasher();
        for (cost, opens) in [(4, true), (9, true), (10, true), (11, false)] {
            let hash = bcrypt::hash("password", cost).unwrap().parse().unwrap();
            assert_eq!(hasher.matches(&Password::new("password"), Some(&hash)).await, opens, "cost {cost}");
            assert_eq!(hasher.is_outdated(&hash), cost < 10);
        }
    }
}
