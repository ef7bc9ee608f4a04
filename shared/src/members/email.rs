//! Email addresses, in one form for storing and looking up.

use crate::members::is_invisible;
use email_address::EmailAddress;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// An email address in the one form in which it is stored and looked up: trimmed, NFC (UAX 15), ASCII letters in lower
/// case, the domain in its ASCII form (UTS 46). Nothing in the local part is folded. Cannot be printed by accident.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// RFC 5321, section 4.5.3.1.3, as erratum 1690 counts it.
const LONGEST_EMAIL_BYTES: usize = 254;

/// The longest text that is normalized. White space around an email and a domain in Unicode take more bytes than the
/// normal form.
const LONGEST_TEXT_BYTES: usize = 1024;

impl Email {
    /// The normal form of `text`. Any text is accepted, because a login with it must look like any other login.
    ///
    /// # Errors
    /// If `text` is over 1,024 bytes, if nothing is left, or if over 254 bytes are left.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        Self::from_trimmed(&trimmed(text)?)
    }

    /// The normal form of a new member's email, which must be an address that receives mail.
    ///
    /// # Errors
    /// As [`Self::from_other_system`], and if the local part has a dot at an end or two in a row.
    pub fn for_member(text: &str) -> Result<Self, InvalidEmail> {
        let email = Self::from_other_system(text)?;
        if email.local_part().split('.').any(str::is_empty) {
            return Err(InvalidEmail::Dots);
        }
        Ok(email)
    }

    /// The normal form of an email that another system accepted. It may have odd dots, as in `a..b@docomo.example`:
    /// some providers deliver mail there.
    ///
    /// # Errors
    /// As [`Self::parse`], and if `text` is not an address.
    pub fn from_other_system(text: &str) -> Result<Self, InvalidEmail> {
        let trimmed = trimmed(text)?;
        let email = Self::from_trimmed(&trimmed)?;
        // The normal form of a domain has lost its invisible characters, so the text before is checked.
        check_address(&trimmed)?;
        Ok(email)
    }

    /// The key of an item as it stands in the table. An item that another program wrote, or an earlier version of this
    /// one, may have a key that is not in the normal form.
    pub(crate) fn from_key(key: &str) -> Self {
        Self(key.to_owned())
    }

    /// Whether a login finds this email, and it is an address.
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

/// NFC and lower case, without white space and invisible characters around it. Lower-cased first: h and a macron below
/// it become one character, H and one do not.
fn trimmed(text: &str) -> Result<String, InvalidEmail> {
    if text.len() > LONGEST_TEXT_BYTES {
        return Err(InvalidEmail::TooLong);
    }
    let normal = nfc_without_new_ascii(&text.to_ascii_lowercase());
    Ok(normal.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)).to_owned())
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

/// Whether a character draws nothing. UTS 46 decides about joiners in a domain, because Persian names have them.
fn is_any_hidden(text: &str) -> bool {
    let is_hidden = |c: char| c.is_control() || is_invisible(c);
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let (local, domain) = text.rsplit_once('@').unwrap_or((text, ""));
    local.contains(is_hidden) || domain.contains(|c| is_hidden(c) && !is_joiner(c))
}

/// Host names only, in any script (RFC 1123, section 2.1; UTS 46). idna's own strict function also refuses hyphens in
/// the third and fourth place, which registered names have.
fn check_domain(domain: &str) -> Result<(), InvalidEmail> {
    let (deny, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    let mapped = Uts46::new().to_ascii(domain.as_bytes(), deny, hyphens, DnsLength::Verify);
    mapped.map(drop).map_err(|_| InvalidEmail::Domain)
}

/// A local part without quotes, and without its empty parts.
fn check_local_part(local: &str) -> Result<(), InvalidEmail> {
    let parts: Vec<_> = local.split('.').filter(|part| !part.is_empty()).collect();
    // The length is checked with all dots.
    if !local.contains('"')
        && local.len() <= LONGEST_LOCAL_PART_BYTES
        && EmailAddress::is_valid_local_part(&parts.join("."))
    {
        return Ok(());
    }
    Err(InvalidEmail::LocalPart)
}

/// RFC 5321, section 4.5.3.1.1.
const LONGEST_LOCAL_PART_BYTES: usize = 64;

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
    /// Not exactly one `@` with something on both sides.
    #[error("must have one @ with something on both sides")]
    NoAddress,
    /// An address with a name, as in a mail's header.
    #[error("must be the address alone, without a name and angle brackets")]
    DisplayName,
    /// A URL of the scheme `mailto`.
    #[error("must be the address alone, without mailto:")]
    Url,
    /// A control character, or one that draws nothing.
    #[error("must not contain control characters or characters that draw nothing")]
    InvisibleCharacter,
    /// White space inside.
    #[error("must not contain white space")]
    WhiteSpace,
    /// The domain is not a host name.
    #[error("must end with a domain such as example.com, without a port or a dot after it")]
    Domain,
    /// The local part is too long, or has quotes or a separator of lists.
    #[error("must have 1 to 64 bytes before the @, without quotes, brackets, commas, colons and semicolons")]
    LocalPart,
    /// The local part has an empty part.
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
    fn no_email_is_a_key_of_an_item_that_is_no_member() {
        assert_ne!(normal("MEMBER_IDS"), "MEMBER_IDS");
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
