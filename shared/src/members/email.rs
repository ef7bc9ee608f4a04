//! Email addresses, in one form for storing and looking up.

use crate::members::is_invisible;
use email_address::EmailAddress;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// An email address in the one form in which it is stored and looked up: trimmed, NFC (UAX 15), ASCII letters in lower
/// case, the domain in its ASCII form (UTS 46). The local part is not folded any further. `Debug` does not show the
/// email.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// The longest address that can receive mail (RFC 5321, section 4.5.3.1.3; RFC 3696, erratum 1690).
const LONGEST_EMAIL_BYTES: usize = 254;

/// The longest text that is normalized. White space around the email or a domain in Unicode can make a text longer than
/// its normal form.
const LONGEST_TEXT_BYTES: usize = 1024;

impl Email {
    /// The normal form of `text`. Text that is not an address is accepted too, because a login with such text must look
    /// like any other failed login.
    ///
    /// # Errors
    /// When `text` has more than 1,024 bytes, or its normal form is empty or has more than 254 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        Self::from_trimmed(&trimmed(text)?)
    }

    /// The normal form of a new member's email, which must be an address that receives mail.
    ///
    /// # Errors
    /// As [`Self::from_other_system`], and when the local part has a dot first, last or next to another dot.
    pub fn for_member(text: &str) -> Result<Self, InvalidEmail> {
        let email = Self::from_other_system(text)?;
        if email.local_part().split('.').any(str::is_empty) {
            return Err(InvalidEmail::Dots);
        }
        Ok(email)
    }

    /// The normal form of an email that another system accepted. The email may have odd dots, as in
    /// `a..b@docomo.example`, because some providers have such addresses.
    ///
    /// # Errors
    /// As [`Self::parse`], and when `text` is not an address.
    pub fn from_other_system(text: &str) -> Result<Self, InvalidEmail> {
        let trimmed = trimmed(text)?;
        let email = Self::from_trimmed(&trimmed)?;
        // Converting the domain to ASCII removes its invisible characters, so the check reads the text before the
        // conversion.
        check_address(&trimmed)?;
        Ok(email)
    }

    /// The key of a stored item, unchanged. If another program or an earlier version wrote the item, the key may not be
    /// in the normal form.
    pub(crate) fn from_key(key: &str) -> Self {
        Self(key.to_owned())
    }

    /// Whether this is an address in the normal form, so that a login can find it.
    pub fn is_for_member(&self) -> bool {
        Self::from_other_system(&self.0).as_ref() == Ok(self)
    }

    /// The normal form. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(local, _)| local)
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

/// `text` in lower case and NFC, without white space and invisible characters around it. Lower case comes first: `h` +
/// U+0331 composes in NFC, `H` + U+0331 does not.
fn trimmed(text: &str) -> Result<String, InvalidEmail> {
    if text.len() > LONGEST_TEXT_BYTES {
        return Err(InvalidEmail::TooLong);
    }
    let normal = nfc_without_new_ascii(&text.to_ascii_lowercase());
    Ok(normal.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)).to_owned())
}

/// Converts the domain to ASCII, because browsers disagree on whether `<input type=email>` sends `bücher.example` or
/// `xn--bcher-kva.example`. An invalid domain stays unchanged.
fn with_ascii_domain(text: &str) -> String {
    let Some((local, domain)) = text.rsplit_once('@') else { return text.to_owned() };
    match idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL) {
        Ok(domain) => format!("{local}@{domain}"),
        Err(_) => text.to_owned(),
    }
}

/// Fails when `text` is not an address that a member may have.
fn check_address(text: &str) -> Result<(), InvalidEmail> {
    if is_any_hidden(text) {
        return Err(InvalidEmail::InvisibleCharacter);
    }
    if text.starts_with("mailto:") {
        return Err(InvalidEmail::Url);
    }
    if text.contains(['<', '>']) {
        return Err(InvalidEmail::DisplayName);
    }
    if text.contains(char::is_whitespace) {
        return Err(InvalidEmail::WhiteSpace);
    }
    let (local, domain) = text.split_once('@').unwrap_or_default();
    if local.is_empty() || domain.is_empty() || domain.contains('@') {
        return Err(InvalidEmail::NoAddress);
    }
    check_domain(domain)?;
    check_local_part(local)
}

/// Whether the text has an invisible or a control character. Joiners in a domain are left to UTS 46, because Persian
/// names need them.
fn is_any_hidden(text: &str) -> bool {
    let is_hidden = |c: char| c.is_control() || is_invisible(c);
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let (local, domain) = text.rsplit_once('@').unwrap_or((text, ""));
    local.contains(is_hidden) || domain.contains(|c| is_hidden(c) && !is_joiner(c))
}

/// Fails when the domain is not a host name, in any script (RFC 1123, section 2.1; UTS 46). idna's own strict function
/// is not used, because it also refuses hyphens as the third and fourth character, which some registered names have.
fn check_domain(domain: &str) -> Result<(), InvalidEmail> {
    let (deny, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    let mapped = Uts46::new().to_ascii(domain.as_bytes(), deny, hyphens, DnsLength::Verify);
    mapped.map(drop).map_err(|_| InvalidEmail::Domain)
}

/// Fails when the local part is invalid or quoted. Dots are allowed anywhere.
fn check_local_part(local: &str) -> Result<(), InvalidEmail> {
    let parts: Vec<_> = local.split('.').filter(|part| !part.is_empty()).collect();
    // The length includes all dots.
    if !local.contains('"')
        && local.len() <= LONGEST_LOCAL_PART_BYTES
        && EmailAddress::is_valid_local_part(&parts.join("."))
    {
        return Ok(());
    }
    Err(InvalidEmail::LocalPart)
}

/// The longest local part (RFC 5321, section 4.5.3.1.1).
const LONGEST_LOCAL_PART_BYTES: usize = 64;

/// NFC, except that a character stays unchanged if NFC would turn it into ASCII. Otherwise the Kelvin sign would become
/// `K`, and the email could match another member's.
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
    /// The text does not have exactly one `@` with something on both sides.
    #[error("must have one @ with something on both sides")]
    NoAddress,
    /// An address with a display name, as in a mail header.
    #[error("must be the address alone, without a name and angle brackets")]
    DisplayName,
    /// A `mailto:` URL.
    #[error("must be the address alone, without mailto:")]
    Url,
    /// The text has a control character or an invisible character.
    #[error("must not contain control or invisible characters")]
    InvisibleCharacter,
    /// White space inside.
    #[error("must not contain white space")]
    WhiteSpace,
    /// The domain is not a host name.
    #[error("must end with a domain such as example.com, without a port or a dot after it")]
    Domain,
    /// The local part is too long or invalid, or is quoted.
    #[error("must have 1 to 64 bytes before the @, without quotes, brackets, commas, colons and semicolons")]
    LocalPart,
    /// The local part has a dot first, last or next to another dot.
    #[error("must not have two dots in a row, or a dot first or last, before the @")]
    Dots,
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
    fn a_letter_and_its_accent_compose_in_either_case() {
        assert_eq!(normal("H\u{331}@example.com"), normal("h\u{331}@example.com"));
        assert_eq!(normal("h\u{331}@example.com"), "\u{1e96}@example.com");
    }

    #[test]
    fn letters_that_look_alike_stay_different() {
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
    fn an_invalid_domain_stays_unchanged() {
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
    fn the_email_of_a_member_is_a_valid_address() {
        let longest = format!("{}@{}.example", "a".repeat(64), "b".repeat(63));
        for good in [
            "ada@example.com",
            " Ada@B\u{fc}cher.example\u{200b}",
            "a@b",
            "o'brien+news{1}@ab--cd.example",
            "\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}@x", // Hindi, with a virama
            "\u{e9}@x",
            "a@\u{646}\u{627}\u{645}\u{647}\u{200c}\u{627}\u{6cc}.example", // Persian, with a joiner
            &longest,
        ] {
            assert!(Email::for_member(good).is_ok_and(|email| email.is_for_member()), "{good}");
        }
        for (bad, fault) in [
            ("", InvalidEmail::Empty),
            ("no-at-sign", InvalidEmail::NoAddress),
            ("@example.com", InvalidEmail::NoAddress),
            ("ada@", InvalidEmail::NoAddress),
            ("ada@\u{fe0f}", InvalidEmail::NoAddress),
            ("victim@corp.example@evil.example", InvalidEmail::NoAddress),
            ("\"a@b\"@example.com", InvalidEmail::NoAddress),
            ("a@x.example,b@y.example", InvalidEmail::NoAddress),
            ("a@x;b@x", InvalidEmail::NoAddress),
            ("Ann <a@example.com>", InvalidEmail::DisplayName),
            ("MAILTO:a@example.com", InvalidEmail::Url),
            ("a\0b@example.com", InvalidEmail::InvisibleCharacter),
            ("a\nb@example.com", InvalidEmail::InvisibleCharacter),
            ("ab@exam\u{200b}ple.com", InvalidEmail::InvisibleCharacter),
            ("a\u{200c}b@example.com", InvalidEmail::InvisibleCharacter),
            ("a@ex\u{200c}ample.com", InvalidEmail::Domain),
            ("ada\u{fe0f}@example.com", InvalidEmail::InvisibleCharacter),
            ("ada\u{34f}@example.com", InvalidEmail::InvisibleCharacter),
            ("ada\u{180b}@example.com", InvalidEmail::InvisibleCharacter),
            ("ada\u{e0100}@example.com", InvalidEmail::InvisibleCharacter),
            ("ada\u{3164}@example.com", InvalidEmail::InvisibleCharacter),
            ("ada\u{2800}@example.com", InvalidEmail::InvisibleCharacter),
            ("a b@example.com", InvalidEmail::WhiteSpace),
            ("ab@example .com", InvalidEmail::WhiteSpace),
            ("ada@example.com.", InvalidEmail::Domain),
            ("ada@example.com:25", InvalidEmail::Domain),
            ("ada@.", InvalidEmail::Domain),
            ("a@example..com", InvalidEmail::Domain),
            ("a@-example.com", InvalidEmail::Domain),
            ("a@exam_ple.com", InvalidEmail::Domain),
            ("a@xn--a", InvalidEmail::Domain),
            ("a@[192.0.2.1]", InvalidEmail::Domain),
            (&longest.replace('@', "@b"), InvalidEmail::Domain),
            (&format!("a{longest}"), InvalidEmail::LocalPart),
            ("a,b@example.com", InvalidEmail::LocalPart),
            ("a;b@example.com", InvalidEmail::LocalPart),
            ("a:b@example.com", InvalidEmail::LocalPart),
            ("a(b)@example.com", InvalidEmail::LocalPart),
            ("\"ab\"@example.com", InvalidEmail::LocalPart),
            ("...@example.com", InvalidEmail::LocalPart),
            (".a@x.example", InvalidEmail::Dots),
            ("a.@x.example", InvalidEmail::Dots),
            ("a..b@x.example", InvalidEmail::Dots),
        ] {
            assert_eq!(Email::for_member(bad), Err(fault), "{bad:?}");
        }
    }

    #[test]
    fn an_email_of_another_system_keeps_its_odd_dots() {
        for odd in ["a..b@x.example", ".a@x.example", "a.@x.example"] {
            assert!(Email::from_other_system(odd).is_ok_and(|email| email.is_for_member()), "{odd}");
        }
        assert_eq!(Email::from_other_system("a@x..example"), Err(InvalidEmail::Domain));
    }

    #[test]
    fn a_long_text_is_refused_before_it_is_normalized() {
        let padded = |bytes: usize| " ".repeat(bytes - "ada@example.com".len()) + "ada@example.com";
        assert!(Email::parse(&padded(1024)).is_ok());
        assert_eq!(Email::parse(&padded(1025)), Err(InvalidEmail::TooLong));
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
    fn no_email_equals_the_key_of_the_id_counter() {
        assert_ne!(normal("MEMBER_IDS"), "MEMBER_IDS");
    }

    proptest! {
        #[test]
        fn normalizing_an_email_twice_changes_nothing(text in any::<String>()) {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
            }
        }

        #[test]
        fn normalizing_a_domain_twice_changes_nothing(domain in "[a-z\u{df}-\u{17f}\u{5d0}-\u{64a}.\u{3002}xn-]{0,20}") {
            let email = normal(&format!("a@{domain}"));
            prop_assert_eq!(normal(&email), email);
        }

        #[test]
        fn no_email_equals_the_key_of_a_claimed_id(text in "(?i)member_id#[0-9]{1,20}", other in any::<String>()) {
            prop_assert!(!normal(&text).starts_with("MEMBER_ID#"));
            if let Ok(email) = Email::parse(&other) {
                prop_assert!(!email.as_str().contains(|c: char| c.is_ascii_uppercase()));
            }
        }
    }
}
