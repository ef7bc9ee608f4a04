//! Hashes in the forms of other programs.

use crate::program::{HASH, PASSWORD, Tables, email, file};
use shared::members::{Password, PasswordHasher};
use std::fs::read_to_string;

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whose_hash_stood_in_another_programs_form_logs_in() {
    let tables = Tables::start().await;
    let spare_bits = HASH.replace("GEZyO", "GEZyb");
    let forms = [
        format!("{{bcrypt}}{HASH}"),
        format!("bcrypt${HASH}"),
        format!("{{CRYPT}}{}", HASH.replace("$2b$", "$2y$")),
        format!("{{BLF-CRYPT}}{}", HASH.replace("$2b$", "$2a$")),
        format!("b'{HASH}'"),
        format!("  {HASH}  "),
        spare_bits,
    ];
    let lines: Vec<_> =
        forms.iter().enumerate().map(|(number, hash)| format!("m{number}@example.com,{hash}\n")).collect();
    tables.run(&["import", file(lines.concat()).to_str().unwrap(), "--json"]).record();
    let passwords = PasswordHasher::new("10".parse().unwrap());
    for (number, form) in forms.iter().enumerate() {
        let member = tables.members().get(&email(&format!("m{number}@example.com"))).await.unwrap().unwrap();
        assert!(passwords.matches(&Password::new(PASSWORD), member.password_hash()).await, "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_cannot_be_verified_is_named_in_the_report() {
    let tables = Tables::start().await;
    let hashes = [
        ("$argon2id$v=19$m=65536", "an argon2 hash"),
        ("scrypt:32768:8:1$salt$00", "an scrypt hash"),
        ("pbkdf2_sha256$600000$salt$hash", "a PBKDF2 hash"),
        ("bcrypt_sha256$$2b$12$salt", "bcrypt of a SHA-256 digest (Django)"),
        ("$wp$2y$10$salt", "bcrypt of a SHA-384 digest (WordPress)"),
        ("$P$Bsalt", "a phpass hash (WordPress, phpBB)"),
        ("NULL", "missing"),
    ];
    let path = file(hashes.map(|(hash, _)| format!("ada@example.com,{hash}\n")).concat());
    assert_eq!(tables.run(&["import", path.to_str().unwrap()]).code, Some(1));
    let report = read_to_string(path.with_extension("rejected.csv")).unwrap();
    for (line, (hash, name)) in report.lines().skip(1).zip(hashes) {
        assert!(line.contains(&format!("the hash is {name}; only bcrypt ")), "{hash}");
    }
    assert_eq!(report.lines().count(), 1 + hashes.len());
}
