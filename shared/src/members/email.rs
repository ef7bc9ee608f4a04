//! Email addresses, in one form for storing and looking up.

use idna::AsciiDenyList;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// An email address in the one form in which it is stored and looked up: trimmed, NFC (UAX 15), ASCII letters in lower
/// case, the domain in its ASCII form (UTS 46). Nothing in the local part is folded. Cannot be printed by accident.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// RFC 5321, section 4.5.3.1.3, as erratum 1690 counts it.
const LONGEST_EMAIL_BYTES: usize = 254;

impl Email {
    /// The normal form of `text`. Any text is accepted, because a login with it must look like any other login.
    ///
    /// # Errors
    /// When nothing is left, or over 254 bytes are.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        Self::from_trimmed(&trimmed(text))
    }

    /// The normal form of an email that a member gets. Refuses what is not an address, such as a header's
    /// `Ann <ann@example.com>` or the `NULL` of an export: nobody could receive mail there.
    ///
    /// # Errors
    /// As [`Self::parse`], and when `text` is not an address.
    pub fn for_member(text: &str) -> Result<Self, InvalidEmail> {
        let trimmed = trimmed(text);
        let email = Self::from_trimmed(&trimmed)?;
        // The normal form of a domain has lost its zero-width characters, so the text before is checked.
        check_address(&trimmed)?;
        check_address(email.as_str())?;
        Ok(email)
    }

    /// The key of an item as it stands in the table. An item that another program wrote, or an earlier version of this
    /// one, may have a key that is not in the normal form.
    pub(crate) fn from_key(key: &str) -> Self {
        Self(key.to_owned())
    }

    /// Whether a login can find this email and a new member may have it.
    #[must_use]
    pub fn is_for_member(&self) -> bool {
        Self::for_member(&self.0).as_ref() == Ok(self)
    }

    /// The normal form. Not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_trimmed(trimmed: &str) -> Result<Self, InvalidEmail> {
        let email = with_ascii_domain(trimmed);
        match email.len() {
            0 => Err(InvalidEmail::Empty),
            1..=LONGEST_EMAIL_BYTES => Ok(Self(email)),
            _ => Err(InvalidEmail::TooLong),
        }
    }
}

/// NFC and lower case, without white space and invisible characters around it. Lower-cased first: h and a macron below
/// it become one character, H and one do not.
fn trimmed(text: &str) -> String {
    let normal = nfc_without_new_ascii(&text.to_ascii_lowercase());
    normal.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)).to_owned()
}

/// One spelling of the domain: browsers disagree whether `<input type=email>` sends `bücher.example` or
/// `xn--bcher-kva.example`. A text that is not a domain stays as it is.
fn with_ascii_domain(text: &str) -> String {
    let Some((local, domain)) = text.rsplit_once('@') else { return text.to_owned() };
    match idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL) {
        Ok(domain) => format!("{local}@{domain}"),
        Err(_) => text.to_owned(),
    }
}

/// Whether `c` is a format character (general category Cf) that is not displayed, such as a zero-width space, a byte
/// order mark or a bidirectional control (Unicode 16, `DerivedCoreProperties.txt`, `Default_Ignorable_Code_Point`).
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0001}'..='\u{e007f}')
}

/// Fails when `text` is not an address that a member may have.
fn check_address(text: &str) -> Result<(), InvalidEmail> {
    if text.contains(|c: char| c.is_control() || is_invisible(c)) {
        return Err(InvalidEmail::InvisibleCharacter);
    }
    if text.starts_with("mailto:") {
        return Err(InvalidEmail::Url);
    }
    let (local, domain) = text.rsplit_once('@').unwrap_or_default();
    if local.is_empty() || domain.is_empty() {
        return Err(InvalidEmail::NoAddress);
    }
    // RFC 5321, section 4.1.2: a local part in quotes may hold brackets and spaces.
    let is_quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    let bare = if is_quoted { domain } else { text };
    if bare.contains(['<', '>']) {
        return Err(InvalidEmail::DisplayName);
    }
    if bare.contains(char::is_whitespace) {
        return Err(InvalidEmail::WhiteSpace);
    }
    Ok(())
}

/// NFC, except that characters which it turns into ASCII stay as they are. The Kelvin sign would become K, and match
/// an account that has a K.
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

/// Why a text is not an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// Only white space and invisible characters.
    #[error("must not be empty")]
    Empty,
    /// Longer than any address can be.
    #[error("must not be over 254 bytes")]
    TooLong,
    /// No `@` with something on both sides.
    #[error("must have an @ with something on both sides")]
    NoAddress,
    /// An address with a name, as in a mail's header.
    #[error("must be the address alone, without a name and angle brackets")]
    DisplayName,
    /// A URL of the scheme `mailto`.
    #[error("must be the address alone, without mailto:")]
    Url,
    /// A control, zero-width or bidirectional character inside.
    #[error("must not hold control, zero-width or bidirectional characters")]
    InvisibleCharacter,
    /// White space inside.
    #[error("must not hold white space")]
    WhiteSpace,
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
    fn no_other_character_of_a_local_part_becomes_ascii() {
        for c in ('\u{80}'..=char::MAX).filter(|&c| !c.is_whitespace() && !is_invisible(c)) {
            assert!(!normal(&c.to_string()).is_ascii(), "{c:?}");
        }
    }

    #[test]
    fn a_domain_has_one_spelling() {
        for spelling in [
            "ann@xn--bcher-kva.example",
            "Ann@XN--BCHER-KVA.example",
            "ann@b\u{fc}cher.example",
            "ann@B\u{dc}CHER.example",
            "ann@bu\u{308}cher.example",
            "ann@b\u{fc}cher\u{3002}example", // ideographic full stop
        ] {
            assert_eq!(normal(spelling), "ann@xn--bcher-kva.example", "{spelling}");
        }
        assert_eq!(normal("ann@stra\u{df}e.example"), "ann@xn--strae-oqa.example"); // not strasse.example
    }

    #[test]
    fn what_is_not_a_domain_stays_as_it_is() {
        for text in ["ann@[192.0.2.1]", "ann@xn--a", "ann@a b", "ann@a\u{ff20}b", "ann@", "ann@b\u{202e}c"] {
            assert_eq!(normal(text), text);
        }
    }

    #[test]
    fn invisible_characters_around_an_email_are_trimmed() {
        for around in ["\u{feff}", "\u{200b}", "\u{202a} ", "\u{ad}"] {
            assert_eq!(normal(&format!("{around}ada@example.com{around}")), "ada@example.com", "{around:?}");
        }
        assert_eq!(Email::parse("\u{200b} \u{feff}"), Err(InvalidEmail::Empty));
    }

    #[test]
    fn a_member_has_an_address() {
        for good in [
            "ada@example.com",
            " Ada@B\u{fc}cher.example ",
            "a@b",
            "\"a b<c\"@example.com",
            "a@b@c",
            "\u{e9}@x",
        ] {
            assert!(Email::for_member(good).is_ok_and(|email| email.is_for_member()), "{good}");
        }
        for (bad, fault) in [
            ("", InvalidEmail::Empty),
            ("NULL", InvalidEmail::NoAddress),
            ("\\N", InvalidEmail::NoAddress),
            ("no-at-sign", InvalidEmail::NoAddress),
            ("@example.com", InvalidEmail::NoAddress),
            ("ada@", InvalidEmail::NoAddress),
            ("ada@\u{fe0f}", InvalidEmail::NoAddress), // UTS 46 leaves nothing of the domain
            ("Ann <a@example.com>", InvalidEmail::DisplayName),
            ("<a@example.com>", InvalidEmail::DisplayName),
            ("mailto:a@example.com", InvalidEmail::Url),
            ("MAILTO:a@example.com", InvalidEmail::Url),
            ("a\0b@example.com", InvalidEmail::InvisibleCharacter),
            ("a\nb@example.com", InvalidEmail::InvisibleCharacter),
            ("a\u{200b}b@example.com", InvalidEmail::InvisibleCharacter),
            ("ab@exam\u{200b}ple.com", InvalidEmail::InvisibleCharacter),
            ("a\u{202e}b@example.com", InvalidEmail::InvisibleCharacter),
            ("ab@exam\u{ad}ple.com", InvalidEmail::InvisibleCharacter),
            ("a b@example.com", InvalidEmail::WhiteSpace),
            ("ab@example .com", InvalidEmail::WhiteSpace),
        ] {
            assert_eq!(Email::for_member(bad), Err(fault), "{bad:?}");
        }
    }

    #[test]
    fn a_key_of_an_earlier_form_is_not_for_a_member() {
        assert!(Email::from_key("ann@xn--bcher-kva.example").is_for_member());
        for key in ["ann@b\u{fc}cher.example", "Ann@example.com", "no-at-sign", "\u{feff}ann@example.com"] {
            assert!(!Email::from_key(key).is_for_member(), "{key:?}");
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

    #[test]
    fn no_email_is_a_key_of_an_item_that_is_no_member() {
        for key in ["MEMBER_IDS", "BCRYPT_COST"] {
            assert_ne!(normal(key), key);
        }
    }

    proptest! {
        #[test]
        fn the_normal_form_is_its_own(text in any::<String>()) {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
            }
        }

        #[test]
        fn the_normal_form_of_a_domain_is_its_own(domain in "[a-z\u{df}-\u{17f}\u{5d0}-\u{64a}.\u{3002}xn-]{0,20}") {
            let email = normal(&format!("a@{domain}"));
            prop_assert_eq!(normal(&email), email);
        }

        #[test]
        fn nobody_has_the_key_of_a_taken_number(text in "(?i)member_id#[0-9]{1,20}", other in any::<String>()) {
            prop_assert!(!normal(&text).starts_with("MEMBER_ID#"));
            if let Ok(email) = Email::parse(&other) {
                prop_assert!(!email.as_str().contains(|c: char| c.is_ascii_uppercase()));
            }
        }
    }
}
