//! Reading a new password.

use crate::error::Error;
use crate::options::PasswordSource;
use shared::members::Password;
use std::io::{IsTerminal, Read};

/// Longer than any accepted password with its line end.
const LONGEST_INPUT_BYTES: u64 = 4096;

/// Asks for the password twice on the terminal, or reads it from standard input.
pub(crate) fn read(source: &PasswordSource) -> Result<Password, Error> {
    if source.stdin { from_stdin() } else { from_terminal() }
}

fn from_stdin() -> Result<Password, Error> {
    let mut input = Vec::new();
    std::io::stdin().lock().take(LONGEST_INPUT_BYTES).read_to_end(&mut input).map_err(Error::Input)?;
    Ok(Password::new(one_line(&input).map_err(Error::Password)?))
}

fn from_terminal() -> Result<Password, Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::NoTerminal);
    }
    let first = rpassword::prompt_password("Password: ").map_err(Error::Input)?;
    let again = rpassword::prompt_password("Repeat the password: ").map_err(Error::Input)?;
    if first == again {
        Ok(Password::new(&first))
    } else {
        Err(Error::Password("was different the second time"))
    }
}

/// The line without its end, and without the byte order mark that Windows programs put in front of UTF-8.
fn one_line(input: &[u8]) -> Result<&str, &'static str> {
    let text = str::from_utf8(input).map_err(|_| "must be UTF-8")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if line.contains('\n') { Err("must be one line") } else { Ok(line) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_end_is_removed() {
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
        assert_eq!(one_line(b"passw\xf6rd"), Err("must be UTF-8"));
        for lines in ["x\n\n", "x\ny", "\nx"] {
            assert_eq!(one_line(lines.as_bytes()), Err("must be one line"));
        }
    }
}
