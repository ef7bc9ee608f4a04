//! The rules for new passwords.
//!
//! The rules follow NIST SP 800-63B-4, section 3.1.1.2: a minimum length, no composition rules, and a check against
//! easily guessed passwords.

use crate::config::{ConfigError, Environment};
use crate::members::known_words::KnownWords;
use crate::members::{Email, LONGEST_PASSWORD_BYTES, Password};
use std::str::FromStr;
use unicode_normalization::is_nfc;
use zxcvbn::{Score, zxcvbn};

/// The requirements for a new password.
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    min_length: MinLength,
    site_name: String,
}

/// The lowest accepted score, from 0 to 4. This score means over 10^8 guesses, which zxcvbn calls "safely unguessable".
const LOWEST_SCORE: Score = Score::Three;

impl PasswordPolicy {
    /// Reads `PASSWORD_MIN_LENGTH` and `SITE_NAME`.
    ///
    /// # Errors
    /// When a variable is bad.
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            min_length: environment.parsed("PASSWORD_MIN_LENGTH", "8")?,
            site_name: environment.parsed("SITE_NAME", "")?,
        })
    }

    /// Checks whether the member with this email may have the password. The rating runs off the async thread, because
    /// some passwords take long to rate.
    ///
    /// # Errors
    /// As [`Self::check_form`], and [`RefusedPassword::Guessable`].
    pub async fn check(&self, password: &Password, email: &Email) -> Result<(), RefusedPassword> {
        self.check_form(password)?;
        let (password, known) = (password.clone(), KnownWords::new(email, &self.site_name));
        match tokio::task::spawn_blocking(move || check_strength(password.text(), &known)).await {
            Ok(checked) => checked,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Checks that the password is long enough, that bcrypt reads all of it, and that the member can type it again.
    /// Copying easily adds white space at the start or the end, and most keyboards send a letter with its accent as one
    /// character (NFC).
    ///
    /// # Errors
    /// [`RefusedPassword`], except [`RefusedPassword::Guessable`].
    pub fn check_form(&self, password: &Password) -> Result<(), RefusedPassword> {
        let text = password.text();
        if text.chars().count() < self.min_length.0 {
            return Err(RefusedPassword::TooShort(self.min_length.0));
        }
        password.check_storable()?;
        if text.trim() != text {
            Err(RefusedPassword::Untrimmed)
        } else if !is_nfc(text) {
            Err(RefusedPassword::Decomposed)
        } else {
            Ok(())
        }
    }
}

/// Rates the password, and then the rest of the password without the words that an attacker knows. Cutting these words
/// out is stricter than giving them to zxcvbn, which compares their exact spelling and rates the later words of the
/// list as rarer.
///
/// The time grows with the length, which is bounded. The worst known password of 72 bytes takes 0.6 s in a release
/// build.
fn check_strength(password: &str, known: &KnownWords) -> Result<(), RefusedPassword> {
    rate(password)?;
    let rest = known.cut_from(password);
    if rest == password {
        return Ok(());
    }
    rate(&rest).map_err(|_| RefusedPassword::Guessable(Feedback::on_known_words()))
}

fn rate(password: &str) -> Result<(), RefusedPassword> {
    let estimate = zxcvbn(password, &[]);
    if estimate.score() >= LOWEST_SCORE {
        return Ok(());
    }
    Err(RefusedPassword::Guessable(estimate.feedback().map(Feedback::from).unwrap_or_default()))
}

/// A minimum length in characters: Unicode code points (NIST SP 800-63B-4, section 3.1.1.2).
#[derive(Clone, Copy, Debug)]
struct MinLength(usize);

impl FromStr for MinLength {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.parse().ok().filter(|length| (8..=64).contains(length));
        length.map(Self).ok_or("must be a number of characters, from 8 to 64")
    }
}

/// Why a password is refused. Reveals nothing about the password except its length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedPassword {
    /// The password is empty. A login with an empty password is a malformed request.
    #[error("must not be empty")]
    Empty,
    /// Shorter than the minimum, which is given in characters.
    #[error("must have {0} characters or more")]
    TooShort(usize),
    /// Longer than bcrypt reads.
    #[error("must not be over {LONGEST_PASSWORD_BYTES} bytes in UTF-8: bcrypt reads no further")]
    TooLong,
    /// Contains a NUL, at which bcrypt stops.
    #[error("must not contain a NUL: bcrypt reads no further")]
    Nul,
    /// White space at the start or the end.
    #[error("must not begin or end with white space")]
    Untrimmed,
    /// Not in Unicode's form NFC.
    #[error("has accents as separate characters (it is not in Unicode's form NFC): type it, do not paste it")]
    Decomposed,
    /// Too easy to guess.
    #[error("is too easy to guess")]
    Guessable(Feedback),
}

/// zxcvbn's feedback on a password, in English.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The problem with the password.
    pub warning: Option<String>,
    /// How to choose a better password.
    pub suggestions: Vec<String>,
}

impl Feedback {
    fn on_known_words() -> Self {
        Self {
            warning: Some("This is based on your email or the name of this site.".to_owned()),
            suggestions: vec!["Add other words. Uncommon words are better.".to_owned()],
        }
    }
}

impl From<&zxcvbn::feedback::Feedback> for Feedback {
    fn from(feedback: &zxcvbn::feedback::Feedback) -> Self {
        Self {
            warning: feedback.warning().map(|warning| warning.to_string()),
            suggestions: feedback.suggestions().iter().map(ToString::to_string).collect(),
        }
    }
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
        refusal_for("ada.lovelace@example.com", policy, password)
    }

    #[tokio::main(flavor = "current_thread")]
    async fn refusal_for(email: &str, policy: &PasswordPolicy, password: &str) -> Option<RefusedPassword> {
        policy.check(&Password::new(password), &Email::parse(email).unwrap()).await.err()
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
            "quiet  lantern harbour",
            "κόκκινο φανάρι λιμάνι",
            "🦊🌊🏔🎻🚲🧭🍋🪁🎺🧵",
            "quiet\tlantern\u{7f}408",
        ] {
            assert_eq!(refusal(&policy(&[]), password), None, "{password}");
        }
    }

    #[test]
    fn an_easily_guessed_password_is_refused_with_advice() {
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
    fn a_password_based_on_the_email_or_the_sites_name_is_refused_in_any_spelling() {
        let policy = policy(&[("SITE_NAME", "Acme Widgets")]);
        for (email, password) in [
            ("info@b\u{fc}cherstube.example", "info@b\u{fc}cherstube.example"),
            ("info@b\u{fc}cherstube.example", "InfoBUCHERSTUBE-2026"),
            ("info@xn--bcherstube-9db.example", "xn--bcherstube-9db"),
            ("info@hintertupfing.example", "hintertupfing2026"),
            ("zbigniew.kowalczyk@example.com", "ZbigniewKowalczyk"),
            ("zbigniew.kowalczyk@example.com", "kowalczyk#Zbigniew#1"),
            ("zbigniew7@example.com", "+Zbigniew+1999+"),
            ("bo.li@ab.example", "BoLi@ab.Example!"),
            ("kqjv8@example.com", "kqjv#kqjv!kqjv"),
            ("ada@example.com", "acmewidgets"),
            ("ada@example.com", "AcmeWidgets2026"),
            ("ada@example.com", "\u{ff21}cm\u{e9}_Widgets_1"),
        ] {
            let Some(RefusedPassword::Guessable(feedback)) = refusal_for(email, &policy, password) else {
                panic!("{password}");
            };
            assert!(feedback.warning.is_some(), "{password}");
        }
        assert_eq!(refusal_for("ada@example.com", &policy, "acmewidgets zq7!vRk#pw"), None);
    }

    #[test]
    fn cutting_words_out_makes_no_password_stronger() {
        let cut = refusal_for("anti@example.com", &policy(&[]), "constantinople");
        assert!(matches!(cut, Some(RefusedPassword::Guessable(_))), "{cut:?}");
    }

    #[test]
    fn a_password_that_is_hard_to_type_again_is_refused() {
        for padded in [" enchantress 408", "enchantress 408\t", "enchantress 408\u{a0}"] {
            assert_eq!(refusal(&policy(&[]), padded), Some(RefusedPassword::Untrimmed), "{padded:?}");
        }
        assert_eq!(refusal(&policy(&[]), "enchantre\u{301}ss 408"), Some(RefusedPassword::Decomposed));
        assert_eq!(refusal(&policy(&[]), "enchantr\u{e9}ss 408"), None);
    }

    #[test]
    fn the_minimum_length_is_8_to_64() {
        let strict = policy(&[("PASSWORD_MIN_LENGTH", "15")]);
        assert_eq!(refusal(&strict, "zq7!vRk#pwzq7!"), Some(RefusedPassword::TooShort(15)));
        for bad in ["7", "65", "-8", "eight"] {
            let environment = [("PASSWORD_MIN_LENGTH".to_owned(), bad.to_owned())].into_iter().collect();
            assert!(PasswordPolicy::from_env(&environment).is_err(), "{bad}");
        }
    }
}
