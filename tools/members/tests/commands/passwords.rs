//! Passwords that are refused.

use crate::program::{PASSWORD, Tables, bare_program, email};
use shared::members::{Password, PasswordHasher};

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_will_not_do_is_refused_with_its_reason() {
    let tables = Tables::start().await;
    let add = |input: &[u8]| tables.run_with(&["add", "ada@example.com", "--password-stdin"], input);
    let weak = |input: &[u8]| {
        tables.run_with(&["add", "ada@example.com", "--password-stdin", "--allow-weak"], input)
    };
    for (input, reason) in [
        (&b""[..], "the password must not be empty"),
        (&[b'x'; 73], "the password must not be over 72 bytes in UTF-8: bcrypt reads no further"),
        (&[b'x'; 10_000], "the password must not be over 72 bytes in UTF-8: bcrypt reads no further"),
        (b"enchan\0tress", "the password must not contain a NUL: bcrypt reads no further"),
        (b"enchantress\nsorceress\n", "the password must be one line"),
        (b"enchantr\xe4ss", "the password must be UTF-8"),
        (b"\xff\xfee\0n\0c\0h\0a\0n\0t\0r\0e\0s\0s\0", "the password must be UTF-8"),
    ] {
        assert_eq!(weak(input).error(), reason);
    }
    for (input, reason) in [
        (&b"short"[..], "the password must have 8 characters or more: "),
        (b"enchantress \r\n", "the password must not begin or end with white space: "),
        ("enchantre\u{301}ss".as_bytes(), "the password has accents as separate characters (it is not "),
        (b"Example.com-ADA", "the password is too easy to guess. This is based on your email or the name"),
    ] {
        let said = add(input);
        assert!(said.error().starts_with(reason) && said.error().ends_with("use --allow-weak"), "{reason}");
    }
    assert!(tables.run(&["list", "--json"]).records().is_empty());
    assert_eq!(weak(b" abc ").code, Some(0));
}

/// As PowerShell 5 and Notepad write it.
#[tokio::test(flavor = "multi_thread")]
async fn a_byte_order_mark_is_no_part_of_a_password() {
    let tables = Tables::start().await;
    let add = ["add", "ada@example.com", "--password-stdin", "--allow-weak"];
    assert_eq!(tables.run_with(&add, format!("\u{feff}{PASSWORD}\r\n")).code, Some(0));
    let member = tables.members().get(&email("ada@example.com")).await.unwrap().unwrap();
    let passwords = PasswordHasher::new("10".parse().unwrap());
    assert!(passwords.matches(&Password::new(PASSWORD), member.password_hash()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_a_password_is_not_asked_for() {
    let tables = Tables::start().await;
    let said = tables.run(&["add", "ada@example.com"]);
    assert_eq!(said.error(), "there is no terminal to ask for the password on: use --password-stdin");
}

#[test]
fn a_password_is_never_an_argument() {
    for arguments in [&["add", "ada@example.com", "--password", "x"][..], &["add", "ada@example.com", "x"]] {
        assert_eq!(bare_program(arguments).output().unwrap().status.code(), Some(2));
    }
}
