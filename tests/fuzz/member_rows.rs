//! A file of members to import.

use members::import::rows::{Content, FileError, Refusal, Row, Rows};
use shared::members::Email;
use shared::members::{MemberId, PasswordHash};

/// Reads bytes as the lines of a file. Each line is returned once, as a row, as skipped or as refused. Without a
/// heading, earlier lines do not change how a line is read. A row has the hash of its line, and parsing the row's email
/// again does not change it.
pub(crate) fn member_rows(bytes: &[u8]) {
    let Ok(contents) = contents(bytes) else { return };
    let lines = lines(bytes);
    assert!(contents.iter().map(|(number, _)| *number).eq(1..=lines.len() as u64), "a line is lost");
    let has_heading = contents.first().is_some_and(|(_, first)| matches!(first, Content::Skipped));
    for ((number, content), line) in contents.iter().zip(lines) {
        if !has_heading {
            assert_eq!(known(content), known(&content_after_another(line)));
        }
        if let Content::Member(row) = content {
            assert_eq!(Email::parse(row.email.as_str()).as_ref(), Ok(&row.email));
            assert!(row.line == *number && row.id.is_none_or(|id| (1..1 << 53).contains(&id.get())));
            assert!(has_hash(line, row), "the hash is not the line's");
        }
    }
}

fn contents(bytes: &[u8]) -> Result<Vec<(u64, Content)>, FileError> {
    Rows::new(bytes, b',').collect()
}

/// The lines of `bytes`, found by a second implementation: LF, CRLF or CR ends a line.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(rest.len());
        lines.push(&rest[..end]);
        let after = &rest[end..];
        rest = after.strip_prefix(b"\r\n").unwrap_or(after.get(1..).unwrap_or_default());
    }
    lines
}

/// The content of `line` after a heading that names the usual columns.
fn content_after_another(line: &[u8]) -> Content {
    let contents = contents(&[b"email,hash,id\n", line].concat()).expect("a heading");
    contents.into_iter().next_back().filter(|(number, _)| *number == 2).map_or(Content::Skipped, |(_, it)| it)
}

/// Whether the line contains the row's hash. The last characters of the salt and the digest may differ, because they
/// have spare bits.
fn has_hash(line: &[u8], row: &Row) -> bool {
    let unquoted = String::from_utf8_lossy(line).replace('"', "");
    let hash = row.hash.as_ref().expect("a row without a password is refused").as_str();
    unquoted.contains(&hash[..28]) && unquoted.contains(&hash[29..59])
}

/// The content of a line without its number, in a form that can be compared.
#[derive(Debug, PartialEq)]
enum Known<'a> {
    Row(&'a str, Option<&'a str>, Option<u64>),
    Skipped,
    Refused(&'a Refusal),
}

fn known(content: &Content) -> Known<'_> {
    match content {
        Content::Member(row) => {
            let hash = row.hash.as_ref().map(PasswordHash::as_str);
            Known::Row(row.email.as_str(), hash, row.id.map(MemberId::get))
        }
        Content::Skipped => Known::Skipped,
        Content::Refused(refusal) => Known::Refused(refusal),
    }
}
