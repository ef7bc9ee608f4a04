//! What is printed and logged.

use std::process::Command;

/// What the rest of this binary's tests print, all of it.
fn everything_printed(arguments: &[&str]) -> String {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this).args(arguments).arg("--nocapture").output().unwrap();
    assert!(output.status.success(), "the tests themselves");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[test]
fn no_secret_is_in_any_output_of_any_test() {
    let output = everything_printed(&["--skip", "output::", "--skip", "audit::the_log"]);
    assert!(output.contains("authn_login_fail"), "there is output to look at");
    for secret in [
        "enchantress",
        "sorceress",
        "builder", // passwords
        "$2a$",
        "$2b$",
        "$2y$",
        "argon2", // hashes
        "__Host-",
        "Set-Cookie", // cookies
        "@example.com",
        "@tozo.invalid",
        "%40example.com", // emails
    ] {
        let line = output.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
    let long = |word: &&str| {
        word.len() >= 100 && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    let words = output.split(|c: char| c.is_whitespace() || "\"=;:".contains(c));
    assert_eq!(words.filter(long).collect::<Vec<_>>(), [""; 0], "a cookie's value");
}

/// The lines that one test logs.
pub(crate) fn log_of(test: &str) -> Vec<serde_json::Value> {
    let output = everything_printed(&["--exact", test]);
    let lines = output.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).expect("one JSON object a line")).collect()
}
