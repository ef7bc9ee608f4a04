//! Email addresses, in one form for storing and looking up.

use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// An email address in the one form in which it is stored and looked up: NFC (UAX 15), trimmed, ASCII
/// letters in lower case. Nothing else is folded. Cannot be printed by accident.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// RFC 5321, section 4.5.3.1.3, as erratum 1690 counts it.
const LONGEST_EMAIL_BYTES: usize = 254;

impl Email {
    /// The normal form of `text`.
    ///
    /// # Errors
    /// When nothing is left, or over 254 bytes are.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        // Lower-cased first: h and a macron below it become one character, H and one do not.
        let email = nfc_without_new_ascii(&text.to_ascii_lowercase()).trim().to_owned();
        match email.len() {
            0 => Err(InvalidEmail::Empty),
            1..=LONGEST_EMAIL_BYTES => Ok(Self(email)),
            _ => Err(InvalidEmail::TooLong),
        }
    }

    /// The normal form. Not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// NFC, but for the characters that it turns into ASCII, such as the Kelvin sign into K: they would match
/// an account that does not have them.
fn nfc_without_new_ascii(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for part in text.split_inclusive(becomes_ascii) {
        let last = part.chars().next_back().filter(|&c| becomes_ascii(c));
        let plain = &part[..part.len() - last.map_or(0, char::len_utf8)];
        normal.extend(plain.nfc().chain(last));
    }
    normal
}

fn becomes_ascii(c: char) -> bool {
    !c.is_ascii() && std::iter::once(c).nfc().all(|c| c.is_ascii())
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// Why a text is no email.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Longer than any address can be.
    #[error("must not be over 254 bytes")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal(text: &str) -> String {
        Email::parse(text).unwrap().as_str().to_owned()
    }

    #[test]
    fn spelling_that_mail_ignores_is_ignored() {
        assert_eq!(normal("  Ada@Example.COM\n"), "ada@example.com");
        assert_eq!(normal("e\u{301}@example.com"), normal("\u{e9}@example.com"));
    }

    #[test]
    fn a_letter_and_its_accent_are_one_in_either_case() {
        assert_eq!(normal("H\u{331}@example.com"), normal("h\u{331}@example.com"));
        assert_eq!(normal("h\u{331}@example.com"), "\u{1e96}@example.com");
    }

    #[test]
    fn letters_that_only_look_alike_stay_apart() {
        assert_ne!(normal("m\u{131}ke@example.com"), "mike@example.com"); // dotless i
        assert_ne!(normal("mi\u{212a}e@example.com"), "mike@example.com"); // Kelvin sign
        assert_ne!(normal("u\u{17f}er@example.com"), "user@example.com"); // long s
        assert_ne!(normal("\u{c9}@example.com"), normal("\u{e9}@example.com")); // only ASCII is lower-cased
    }

    #[test]
    fn no_other_character_becomes_ascii() {
        for c in ('\u{80}'..=char::MAX).filter(|c| !c.is_whitespace()) {
            assert!(!normal(&c.to_string()).is_ascii(), "{c:?}");
        }
    }

    #[test]
    fn an_email_has_1_to_254_bytes() {
        assert_eq!(Email::parse(" \t "), Err(InvalidEmail::Empty));
        assert!(Email::parse(&"a".repeat(254)).is_ok());
        assert_eq!(Email::parse(&"a".repeat(255)), Err(InvalidEmail::TooLong));
    }

    #[test]
    fn an_email_is_not_printed() {
        assert_eq!(format!("{:?}", Email::parse("ada@example.com")), "Ok(Email(…))");
    }

    proptest! {
        #[test]
        fn the_normal_form_is_its_own(text in any::<String>()) {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
            }
        }

        #[test]
        fn nobody_has_the_key_of_a_taken_number(text in "(?i)member_id#[0-9]{1,20}", other in any::<String>()) {
            prop_assert!(!normal(&text).starts_with("MEMBER_ID#"));
            if let Ok(email) = Email::parse(&other) {
                prop_assert!(!email.as_str().contains(|c: char| c.is_ascii_uppercase()));
            }
        }

        #[test]
        fn nobody_has_the_counters_key(text in "(?i)[member_ids]{10}") {
            prop_assert_ne!(normal(&text), "MEMBER_IDS");
        }
    }
}
