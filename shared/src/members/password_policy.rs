//! Which passwords may be stored.
//!
//! After NIST SP 800-63B-4, section 3.1.1.2: a shortest length, no rules of composition, and a check against passwords
//! that are guessed first.

use crate::config::{ConfigError, Environment};
use crate::members::{Email, LONGEST_PASSWORD_BYTES, Password};
use std::str::FromStr;
use zxcvbn::{Score, zxcvbn};

/// What a new password must satisfy.
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    min_length: MinLength,
    site_name: String,
}

/// The lowest score that is accepted, of 0 to 4: over 10^8 guesses. zxcvbn calls it "safely unguessable".
const LOWEST_SCORE: Score = Score::Three;

impl PasswordPolicy {
    /// From the environment: `PASSWORD_MIN_LENGTH` and `SITE_NAME`.
    ///
    /// # Errors
    /// When a variable is bad.
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            min_length: environment.parsed("PASSWORD_MIN_LENGTH", "8")?,
            site_name: environment.parsed("SITE_NAME", "")?,
        })
    }

    /// Whether the member with this email may have the password.
    ///
    /// # Errors
    /// As [`Self::check_form`], and [`RefusedPassword::Guessable`].
    pub fn check(&self, password: &Password, email: &Email) -> Result<(), RefusedPassword> {
        self.check_form(password)?;
        let address = email.as_str();
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        let estimate = zxcvbn(password.text(), &[address, local, domain, &self.site_name]);
        if estimate.score() >= LOWEST_SCORE {
            return Ok(());
        }
        let feedback = estimate.feedback();
        Err(RefusedPassword::Guessable(Feedback {
            warning: feedback
                .and_then(zxcvbn::feedback::Feedback::warning)
                .map(|warning| warning.to_string()),
            suggestions: feedback
                .map_or_else(Vec::new, |it| it.suggestions().iter().map(ToString::to_string).collect()),
        }))
    }

    /// Whether the password is long enough and bcrypt reads all of it.
    ///
    /// # Errors
    /// [`RefusedPassword`], except [`RefusedPassword::Guessable`].
    pub fn check_form(&self, password: &Password) -> Result<(), RefusedPassword> {
        let text = password.text();
        if text.contains('\0') {
            Err(RefusedPassword::Nul)
        } else if text.len() > LONGEST_PASSWORD_BYTES {
            Err(RefusedPassword::TooLong)
        } else if text.chars().count() < self.min_length.0 {
            Err(RefusedPassword::TooShort(self.min_length.0))
        } else {
            Ok(())
        }
    }
}

/// In characters, which are Unicode code points (NIST SP 800-63B-4, section 3.1.1.2).
#[derive(Clone, Copy, Debug)]
struct MinLength(usize);

impl FromStr for MinLength {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.parse().ok().filter(|length| (8..=64).contains(length));
        length.map(Self).ok_or("must be characters, from 8 to 64")
    }
}

/// Why a password is refused. Says nothing of the password but its length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedPassword {
    /// Shorter than the shortest that is accepted, in characters.
    #[error("must have {0} characters or more")]
    TooShort(usize),
    /// Longer than bcrypt reads.
    #[error("must not be over {LONGEST_PASSWORD_BYTES} bytes in UTF-8: bcrypt reads no further")]
    TooLong,
    /// Holds a NUL, at which bcrypt stops.
    #[error("must not hold a NUL: bcrypt reads no further")]
    Nul,
    /// Guessed too soon.
    #[error("is guessed too soon")]
    Guessable(Feedback),
}

/// What zxcvbn says about a password, in English.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// What is wrong with the password.
    pub warning: Option<String>,
    /// How to choose a better one.
    pub suggestions: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(variables: &[(&str, &str)]) -> PasswordPolicy {
        let environment =
            variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        PasswordPolicy::from_env(&environment).unwrap()
    }

    fn refusal(policy: &PasswordPolicy, password: &str) -> Option<RefusedPassword> {
        policy.check(&Password::new(password), &Email::parse("ada.lovelace@example.com").unwrap()).err()
    }

    #[test]
    fn a_password_has_8_characters_to_72_bytes_and_no_nul() {
        let policy = policy(&[]);
        assert_eq!(refusal(&policy, "zq7!vRk"), Some(RefusedPassword::TooShort(8)));
        assert_eq!(refusal(&policy, "éèêë"), Some(RefusedPassword::TooShort(8))); // 8 bytes
        assert_eq!(refusal(&policy, "zq7!vRk#pw"), None);
        let longest = "zq7!vRk#pw".repeat(8);
        assert_eq!(refusal(&policy, &longest[..72]), None);
        assert_eq!(refusal(&policy, &longest[..73]), Some(RefusedPassword::TooLong));
        assert_eq!(refusal(&policy, "zq7!vRk#\0pw"), Some(RefusedPassword::Nul));
    }

    #[test]
    fn any_composition_is_accepted() {
        for password in [
            "zqvrkpwmtx",
            "ZQVRKPWMTX",
            "8392047183650",
            "#%&!?*+=/~^",
            " quiet lantern harbour ",
            "κόκκινο φανάρι λιμάνι",
            "🦊🌊🏔🎻🚲🧭🍋🪁🎺🧵",
            "quiet\tlantern\u{7f}408",
        ] {
            assert_eq!(refusal(&policy(&[]), password), None, "{password}");
        }
    }

    #[test]
    fn a_password_that_is_guessed_first_is_refused_with_advice() {
        for guessed in [
            "password",
            "Password1!",
            "12345678",
            "qwertyuiop",
            "aaaaaaaaaaaa",
            "ada.lovelace",
            "ada.lovelace@example.com",
        ] {
            let refusal = refusal(&policy(&[]), guessed);
            assert!(matches!(refusal, Some(RefusedPassword::Guessable(_))), "{guessed}: {refusal:?}");
        }
        let Some(RefusedPassword::Guessable(feedback)) = refusal(&policy(&[]), "password") else { panic!() };
        assert!(feedback.warning.is_some() && !feedback.suggestions.is_empty(), "{feedback:?}");
        assert_eq!(refusal(&policy(&[]), "correct horse battery staple"), None);
    }

    #[test]
    fn the_sites_name_is_guessed_first() {
        let password = "tozomania2026";
        assert_eq!(refusal(&policy(&[]), password), None);
        let refusal = refusal(&policy(&[("SITE_NAME", "Tozomania")]), password);
        assert!(matches!(refusal, Some(RefusedPassword::Guessable(_))), "{refusal:?}");
    }

    #[test]
    fn the_shortest_length_is_8_to_64() {
        let strict = policy(&[("PASSWORD_MIN_LENGTH", "15")]);
        assert_eq!(refusal(&strict, "zq7!vRk#pwzq7!"), Some(RefusedPassword::TooShort(15)));
        for bad in ["7", "65", "-8", "eight"] {
            let environment = [("PASSWORD_MIN_LENGTH".to_owned(), bad.to_owned())].into_iter().collect();
            assert!(PasswordPolicy::from_env(&environment).is_err(), "{bad}");
        }
    }
}
