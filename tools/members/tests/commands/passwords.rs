//! Passwords that are refused.

use crate::program::Tables;

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_is_an_error_with_its_reason() {
    let tables = Tables::start().await;
    let add = ["add", "ada@example.com", "--password-stdin"];
    let weak = [&add[..], &["--allow-weak"]].concat();
    let longest = [b'x'; 10_000];
    for (input, reason) in [
        (&b""[..], "the password must not be empty"),
        (&longest[..73], "the password must not be over 72 bytes in UTF-8: bcrypt reads no further"),
        (&longest, "the password must not be over 72 bytes in UTF-8: bcrypt reads no further"),
        (b"enchan\0tress", "the password must not contain a NUL: bcrypt reads no further"),
        (b"enchantress\nsorceress\n", "the password must be one line"),
        (b"\xff\xfee\0n\0c\0h\0a\0n\0t\0r\0e\0s\0s\0", "the password must be UTF-8"),
    ] {
        assert_eq!(tables.run_with(&weak, input).error(), reason);
    }
    for (input, reason) in [
        ("short", "the password must have 8 characters or more: "),
        ("enchantress \r\n", "the password must not begin or end with white space: "),
        ("enchantre\u{301}ss", "the password has accents as separate characters (it is not "),
        ("Example.com-ADA", "the password is too easy to guess. This is based on your email or the name"),
    ] {
        let said = tables.run_with(&add, input);
        assert!(said.error().starts_with(reason) && said.error().ends_with("use --allow-weak"), "{reason}");
    }
    let no_terminal = tables.run(&["add", "ada@example.com"]);
    assert_eq!(no_terminal.error(), "there is no terminal to ask for the password on: use --password-stdin");
    assert!(tables.run(&["list", "--json"]).records().is_empty());
    assert_eq!(tables.run_with(&weak, b" abc ").code, Some(0));
}
