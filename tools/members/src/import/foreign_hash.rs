//! Password hashes in the forms of other programs.

use shared::members::PasswordHash;

/// Text that other programs write around a bcrypt hash.
const WRAPPERS: [(&str, &str); 7] = [
    ("{bcrypt}", ""),    // Spring Security
    ("{BLF-CRYPT}", ""), // Dovecot
    ("{CRYPT}", ""),     // Dovecot, OpenLDAP
    ("bcrypt$", ""),     // Django
    ("bcrypt:", ""),
    ("b'", "'"), // Python's `str` of the bytes
    ("b\"", "\""),
];

/// Hashes that are not bcrypt of the password itself. Each is recognized by its first characters in lower case, after
/// `$` or `{`.
const OTHERS: [(&str, &str); 17] = [
    ("argon2", "an argon2 hash"),
    ("scrypt", "an scrypt hash"),
    ("pbkdf2", "a PBKDF2 hash"),
    ("aqaaaa", "an ASP.NET Identity hash"),
    ("bcrypt_sha256$", "bcrypt of a SHA-256 digest (Django)"),
    ("bcrypt-sha256$", "bcrypt of a SHA-256 digest (passlib)"),
    ("wp$", "bcrypt of a SHA-384 digest (WordPress)"),
    ("p$", "a phpass hash (WordPress, phpBB)"),
    ("h$", "a phpass hash (WordPress, phpBB)"),
    ("md5", "an MD5 hash"),
    ("sha", "a SHA hash"),
    ("ssha", "a SHA hash"),
    ("5$", "a SHA hash"),
    ("6$", "a SHA hash"),
    ("2x$", "a bcrypt hash of the faulty version 2x"),
    ("!", "an unusable password (Django)"),
    ("jdj", "a bcrypt hash in base64"),
];

/// The bcrypt hash in `text`, or a description of what `text` is instead.
pub(crate) fn read(text: &str) -> Result<PasswordHash, &'static str> {
    let hash = unwrapped(text);
    without_spare_bits(hash).parse().map_err(|_| name(hash))
}

/// Removes what another program wrote around the hash.
fn unwrapped(text: &str) -> &str {
    let inner = WRAPPERS.iter().find_map(|(before, after)| {
        let start = text.get(..before.len()).filter(|start| start.eq_ignore_ascii_case(before))?;
        let inner = text[start.len()..].strip_suffix(after);
        inner.filter(|inner| inner.starts_with("$2"))
    });
    inner.unwrap_or(text)
}

/// Sets the 4 bits after the salt's last byte and the 2 bits after the digest's to zero. These bits encode nothing, so
/// the hash still matches the same password. passlib before 1.5.3 left random bits after the salt; `crypt_blowfish`
/// ignores such bits, but our decoder refuses them.
fn without_spare_bits(hash: &str) -> String {
    let mut hash = hash.to_owned();
    for (place, spare_bits) in [(SALT_END, 4), (HASH_LENGTH - 1, 2)] {
        let Some(value) = hash.get(place..=place).and_then(|digit| BASE64.find(digit)) else { continue };
        let cleared = value >> spare_bits << spare_bits;
        hash.replace_range(place..=place, &BASE64[cleared..=cleared]);
    }
    hash
}

/// The position of the salt's last digit, after `$2b$12$` and the salt's other 21 digits.
const SALT_END: usize = 28;

/// The length of a bcrypt hash in characters.
const HASH_LENGTH: usize = 60;

/// bcrypt's base64 digits, ordered by their value.
const BASE64: &str = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Whether `text` begins like a bcrypt hash of a supported version. The rest may be missing or malformed.
pub(crate) fn is_bcrypt(text: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"].iter().any(|version| unwrapped(text).starts_with(version))
}

/// The description of a hash that cannot be loaded. The description contains no part of the hash.
fn name(hash: &str) -> &'static str {
    if hash.is_empty() {
        return "missing";
    }
    let lower = hash.trim_start_matches(['$', '{']).to_ascii_lowercase();
    if let Some((_, name)) = OTHERS.iter().find(|(start, _)| lower.starts_with(start)) {
        return name;
    }
    let is_bcrypt = is_bcrypt(hash);
    let is_hexadecimal = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    match hash.len() {
        ..HASH_LENGTH if is_bcrypt => "a bcrypt hash that was cut off: a whole one has 60 characters",
        HASH_LENGTH if is_bcrypt => "a malformed bcrypt hash",
        _ if is_bcrypt => "a bcrypt hash with something after it: one has 60 characters",
        32 if is_hexadecimal => "an MD5 hash",
        40 | 64 | 128 if is_hexadecimal => "a SHA hash",
        _ => "of an unknown kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::members::{Password, PasswordHasher};

    const HASH: &str = "$2b$04$L6Bc/AlTQHyd9liGgGEZyOmPPde36chuNCw/KcP5SUMAdJq2u/Fzi";

    #[test]
    fn text_that_other_programs_write_around_a_hash_is_removed() {
        for before in ["", "{bcrypt}", "{BCRYPT}", "bcrypt$", "{CRYPT}", "{crypt}", "{BLF-CRYPT}", "bcrypt:"]
        {
            assert_eq!(read(&format!("{before}{HASH}")).unwrap().as_str(), HASH, "{before}");
        }
        assert_eq!(read(&format!("b'{HASH}'")).unwrap().as_str(), HASH);
        assert_eq!(read(&format!("b\"{HASH}\"")).unwrap().as_str(), HASH);
        for other in ["bcrypt_sha256$", "{noop}", "{bcrypt}{bcrypt}", "b'"] {
            assert!(read(&format!("{other}{HASH}")).is_err(), "{other}");
        }
    }

    #[tokio::test]
    async fn spare_bits_of_a_hash_are_cleared_and_the_password_matches() {
        let passwords = PasswordHasher::new("10".parse().unwrap());
        for salt_end in "OPQRSTUVWXYZabcd".chars() {
            for end in "ijkl".chars() {
                let spare = format!("{}{salt_end}{}{end}", &HASH[..SALT_END], &HASH[SALT_END + 1..59]);
                assert_eq!(read(&spare).unwrap().as_str(), HASH, "{salt_end} {end}");
            }
        }
        let hash = read(&HASH.replace("ZyO", "ZyP")).unwrap();
        assert!(passwords.matches(&Password::new("enchantress"), Some(&hash)).await);
        // A change to a byte of the salt gives another hash.
        assert_ne!(read(&HASH.replace("ZyO", "Zye")).unwrap().as_str(), HASH);
    }

    #[test]
    fn any_other_kind_of_hash_is_named() {
        for (hash, name) in [
            ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "an argon2 hash"),
            ("argon2$argon2id$v=19$m=102400", "an argon2 hash"),
            ("scrypt:32768:8:1$salt$00", "an scrypt hash"),
            ("pbkdf2_sha256$260000$salt$hash", "a PBKDF2 hash"),
            ("pbkdf2:sha256:150000$salt$00", "a PBKDF2 hash"),
            ("bcrypt_sha256$$2b$12$x", "bcrypt of a SHA-256 digest (Django)"),
            ("$wp$2y$10$x", "bcrypt of a SHA-384 digest (WordPress)"),
            ("$P$Babcdefghijklmnopqrstuvwxyz01234", "a phpass hash (WordPress, phpBB)"),
            ("$6$salt$hash", "a SHA hash"),
            ("{SSHA}c2FsdA==", "a SHA hash"),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "an MD5 hash"),
            ("md5$salt$5f4dcc3b", "an MD5 hash"),
            ("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", "a SHA hash"),
            ("JDJiJDEyJA==", "a bcrypt hash in base64"),
            ("$2b$12$short", "a bcrypt hash that was cut off: a whole one has 60 characters"),
            ("", "missing"),
            ("!aBcDeFgHiJkLmNoPqRsT", "an unusable password (Django)"),
            ("secret", "of an unknown kind"),
        ] {
            assert_eq!(read(hash).unwrap_err(), name, "{hash}");
        }
        assert!(read(&HASH.replace("$04$", "$03$")).unwrap_err().contains("malformed"));
        assert!(read(&format!("{HASH}x")).unwrap_err().contains("something after it"));
        assert_eq!(
            read(&HASH.replace("$2b$", "$2x$")).unwrap_err(),
            "a bcrypt hash of the faulty version 2x"
        );
    }
}
