//! Reading a new password.

use crate::error::Error;
use crate::options::PasswordSource;
use shared::members::{LONGEST_PASSWORD_BYTES, Password};
use std::io::{IsTerminal, Read};
use unicode_normalization::is_nfc;

/// In characters, that is Unicode code points as typed, after NIST SP 800-63B, section 5.1.1.2.
const SHORTEST_PASSWORD: usize = 8;

/// Longer than any password with its line end.
const LONGEST_INPUT_BYTES: u64 = 4096;

/// Asks for the password twice on the terminal, or reads it from standard input.
pub(crate) fn read(source: &PasswordSource) -> Result<Password, Error> {
    if source.stdin { from_stdin() } else { from_terminal() }
}

fn from_stdin() -> Result<Password, Error> {
    let mut input = Vec::new();
    std::io::stdin().lock().take(LONGEST_INPUT_BYTES).read_to_end(&mut input).map_err(Error::Input)?;
    Ok(check(one_line(&input)?)?)
}

fn from_terminal() -> Result<Password, Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::NoTerminal);
    }
    let first = rpassword::prompt_password("Password: ").map_err(Error::Input)?;
    let password = check(&first)?;
    let again = rpassword::prompt_password("The same again: ").map_err(Error::Input)?;
    if first == again { Ok(password) } else { Err(InvalidPassword::Differs.into()) }
}

/// The line without its end, and without the byte order mark that Windows programs put before UTF-8.
fn one_line(input: &[u8]) -> Result<&str, InvalidPassword> {
    let text = str::from_utf8(input).map_err(|_| InvalidPassword::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if line.contains('\n') { Err(InvalidPassword::ManyLines) } else { Ok(line) }
}

/// Also refuses what the member could hardly type again: white space that was copied at an end, and accents
/// as characters of their own, where most keyboards send one character for a letter with its accent.
fn check(text: &str) -> Result<Password, InvalidPassword> {
    if text.contains('\0') {
        Err(InvalidPassword::Nul)
    } else if text.len() > LONGEST_PASSWORD_BYTES {
        Err(InvalidPassword::TooLong)
    } else if text.chars().count() < SHORTEST_PASSWORD {
        Err(InvalidPassword::TooShort)
    } else if text.trim() != text {
        Err(InvalidPassword::Blank)
    } else if !is_nfc(text) {
        Err(InvalidPassword::Decomposed)
    } else {
        Ok(Password::new(text))
    }
}

/// Why a password is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidPassword {
    #[error("must have {SHORTEST_PASSWORD} characters or more")]
    TooShort,
    #[error("must not be over {LONGEST_PASSWORD_BYTES} bytes in UTF-8: bcrypt reads no further")]
    TooLong,
    #[error("must not hold a NUL: bcrypt reads no further")]
    Nul,
    #[error("must not begin or end with white space, which a copy adds unseen")]
    Blank,
    #[error(
        "has accents as characters of their own (it is not in Unicode's form NFC): type it, do not paste it"
    )]
    Decomposed,
    #[error("must be UTF-8")]
    NotUtf8,
    #[error("must be one line")]
    ManyLines,
    #[error("was not the same the second time")]
    Differs,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(input: &[u8]) -> Option<InvalidPassword> {
        one_line(input).and_then(check).err()
    }

    #[test]
    fn a_password_has_8_characters_to_72_bytes_and_no_nul() {
        assert_eq!(problem(&[b'x'; 7]), Some(InvalidPassword::TooShort));
        assert_eq!(problem(&[b'x'; 8]), None);
        assert_eq!(problem("éééé".as_bytes()), Some(InvalidPassword::TooShort)); // 8 bytes
        assert_eq!(problem("é".repeat(36).as_bytes()), None);
        assert_eq!(problem(&[b'x'; 72]), None);
        assert_eq!(problem(&[b'x'; 73]), Some(InvalidPassword::TooLong));
        assert_eq!(problem(b"pass\0word"), Some(InvalidPassword::Nul));
        assert_eq!(problem(b"passw\xf6rd"), Some(InvalidPassword::NotUtf8));
    }

    #[test]
    fn a_password_that_its_member_could_hardly_type_is_refused() {
        for blank in [" enchantress", "enchantress ", "enchantress\t", "enchantress\r", "enchantress\u{a0}"] {
            assert_eq!(problem(blank.as_bytes()), Some(InvalidPassword::Blank), "{blank:?}");
        }
        assert_eq!(problem("the  enchantress".as_bytes()), None);
        assert_eq!(problem("enchantre\u{301}ss".as_bytes()), Some(InvalidPassword::Decomposed));
        assert_eq!(problem("enchantr\u{e9}ss".as_bytes()), None);
    }

    #[test]
    fn of_a_line_only_its_end_is_cut_off() {
        for (input, line) in [
            ("x\n", "x"),
            ("x\r\n", "x"),
            ("x", "x"),
            (" x \n", " x "),
            ("x\r", "x\r"),
            ("\u{feff}x\n", "x"),
            ("\u{feff}\u{feff}x", "\u{feff}x"),
            ("", ""),
        ] {
            assert_eq!(one_line(input.as_bytes()), Ok(line));
        }
        for lines in ["x\n\n", "x\ny", "\nx"] {
            assert_eq!(one_line(lines.as_bytes()), Err(InvalidPassword::ManyLines));
        }
    }
}
