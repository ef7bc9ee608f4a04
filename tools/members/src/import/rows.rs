//! The rows of a file of members: each line is a member to load, a line to skip, or a rejected line.

use crate::import::columns::{Columns, InvalidHeading, known_headings, quoted};
use crate::import::fields;
use crate::import::foreign_hash;
use crate::import::lines::{LONGEST_LINE_BYTES, Line, Lines};
use csv::StringRecord;
use shared::members::{Email, InvalidEmail, MemberId, PasswordHash};
use std::io::{self, BufRead};

/// A member to load.
#[derive(Clone, Debug)]
pub struct Row {
    /// The number of the row's line, from 1.
    pub line: u64,
    /// The email in its normal form.
    pub email: Email,
    /// The hash, of any cost; `None` for a member without a password.
    pub hash: Option<PasswordHash>,
    /// The id to keep, 1 to 2^53 − 1; `None` if the member gets a new id.
    pub id: Option<MemberId>,
}

/// The kind of a line.
#[derive(Debug)]
pub enum Content {
    /// A member.
    Member(Row),
    /// An empty line or the heading.
    Skipped,
    /// A rejected line.
    Refused(Refusal),
}

/// Why a line is rejected. The reason contains no text from the line, which may have a hash in the wrong column.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The line is over 4096 bytes.
    #[error("the line is over {LONGEST_LINE_BYTES} bytes")]
    TooLong,
    /// The line is not UTF-8.
    #[error("the line is not UTF-8: save the file as UTF-8")]
    NotUtf8,
    /// The line has this wrong number of fields.
    #[error("the line has {0} fields instead of an email, a hash and optionally a member id")]
    Fields(usize),
    /// The line has one field, which contains another separator.
    #[error("the fields are separated by {found}s: import the file with --delimiter {found}")]
    Separator {
        /// The separator's name.
        found: &'static str,
    },
    /// The email is not an address.
    #[error("the email {0}")]
    Email(InvalidEmail),
    /// The hash cannot be verified, because it is of another kind.
    #[error("the hash is {0}; only bcrypt hashes of version 2a, 2b or 2y can be verified")]
    Hash(&'static str),
    /// The hash is bcrypt, but incomplete or malformed.
    #[error("the hash is {0}")]
    BrokenHash(&'static str),
    /// The first line that is not empty is neither a known heading nor a member.
    #[error("a heading names each column one of: {}", known_headings())]
    UnknownHeading,
    /// The member id is not a whole number in the allowed range.
    #[error("the member id is not a whole number from 1 to {}", MemberId::LARGEST.get())]
    Id,
    /// The email is in an earlier line, with this number.
    #[error("the email is the same as in line {0}, perhaps spelled differently")]
    EmailTwice(u64),
    /// The member id is in an earlier line, with this number.
    #[error("the member id is the same as in line {0}")]
    IdTwice(u64),
    /// The member exists with another hash.
    #[error("a member has this email with another password hash or none, and was not changed")]
    OtherHash,
    /// The member exists with another id.
    #[error("a member has this email and hash with another member id, and was not changed")]
    OtherId,
    /// The id was given to another member before.
    #[error("the member id is or was in use")]
    IdTaken,
}

/// Why a whole file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system's error.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// The file is UTF-16.
    #[error("it is UTF-16: save it as UTF-8 and run the command again")]
    Utf16,
    /// The file is JSON.
    #[error("it is JSON: turn it into CSV, for example with a jq command of docs/importing-members.md")]
    Json,
    /// The first line that is not empty is neither the heading nor a member. If this line were skipped, the columns of
    /// the other lines would have to be guessed.
    #[error("line {line}{start} is neither a known heading nor a member: {reason}", start = quoted(.start))]
    FirstLine {
        /// The line's number, from 1.
        line: u64,
        /// Its first field.
        start: String,
        /// What to do.
        reason: Refusal,
    },
    /// The heading, which is the first line that is not empty, cannot be used.
    #[error("{0}")]
    Heading(#[from] InvalidHeading),
    /// The file has only empty lines and a heading.
    #[error("it contains no member")]
    Empty,
}

/// The lines of a file. A field in quotes ends with its line, because no email, hash or id contains a line end, and an
/// unclosed quote must not swallow the following lines.
///
/// Invariant: every line of the file is returned once, whatever it contains, so that the counts add up.
#[derive(Debug)]
pub struct Rows<R> {
    lines: Lines<R>,
    separator: u8,
    columns: Columns,
    line: u64,
    is_before_data: bool,
    without_password: bool,
}

impl<R: BufRead> Rows<R> {
    /// Starts at the file's beginning. The ASCII character `separator` separates fields.
    pub fn new(text: R, separator: u8) -> Self {
        let (lines, columns) = (Lines::new(text), Columns::default());
        Self { lines, separator, columns, line: 0, is_before_data: true, without_password: false }
    }

    /// Chooses whether a row without a bcrypt hash is a member without a password, instead of a rejected line.
    #[must_use]
    pub fn without_password(self, without_password: bool) -> Self {
        Self { without_password, ..self }
    }

    fn next_content(&mut self) -> Result<Option<Content>, FileError> {
        if self.line == 0 {
            check_format(self.lines.peek()?)?;
        }
        let Some(line) = self.lines.next_line()? else { return Ok(None) };
        self.line += 1;
        let fields = self.split(&line);
        if self.is_before_data {
            return self.first(fields).map(Some);
        }
        Ok(Some(fields.map_or_else(Content::Refused, |fields| self.content(&fields))))
    }

    /// Reads an empty line before the data, or the first line that is not empty: the heading or the first member.
    fn first(&mut self, fields: Result<StringRecord, Refusal>) -> Result<Content, FileError> {
        let line = self.line;
        let unread = |reason| FileError::FirstLine { line, start: String::new(), reason };
        let fields = &fields.map_err(unread)?;
        self.is_before_data = is_blank(fields);
        if let Some(columns) = Columns::from_heading(fields)? {
            self.columns = columns;
            return Ok(Content::Skipped);
        }
        if self.is_before_data || self.has_email_or_hash(fields) {
            return Ok(self.content(fields));
        }
        let reason = match misfit(fields) {
            separator @ Refusal::Separator { .. } => separator,
            _ => Refusal::UnknownHeading,
        };
        Err(FileError::FirstLine { line, start: fields[0].to_owned(), reason })
    }

    fn has_email_or_hash(&self, fields: &StringRecord) -> bool {
        let is_either = |[email, hash, _]: [&str; 3]| {
            Email::from_other_system(email).is_ok() || foreign_hash::read(hash).is_ok()
        };
        self.columns.pick(fields).is_some_and(is_either)
    }

    fn content(&self, fields: &StringRecord) -> Content {
        if is_blank(fields) {
            return Content::Skipped;
        }
        self.row(fields).map_or_else(Content::Refused, Content::Member)
    }

    fn row(&self, fields: &StringRecord) -> Result<Row, Refusal> {
        let [email, hash, id] = self.columns.pick(fields).ok_or_else(|| misfit(fields))?;
        Ok(Row {
            line: self.line,
            email: Email::from_other_system(email).map_err(Refusal::Email)?,
            hash: self.hash(hash)?,
            id: member_id(id)?,
        })
    }

    /// Reads the hash. A broken bcrypt hash is always refused, because a correct export contains the whole hash.
    fn hash(&self, text: &str) -> Result<Option<PasswordHash>, Refusal> {
        match foreign_hash::read(text) {
            Ok(hash) => Ok(Some(hash)),
            Err(fault) if foreign_hash::is_bcrypt(text) => Err(Refusal::BrokenHash(fault)),
            Err(_) if self.without_password => Ok(None),
            Err(kind) => Err(Refusal::Hash(kind)),
        }
    }

    fn split(&self, line: &Line) -> Result<StringRecord, Refusal> {
        let Line::Text(text) = line else { return Err(Refusal::TooLong) };
        fields::split(text, self.separator).ok_or(Refusal::NotUtf8)
    }
}

/// Each line with its number, from 1.
impl<R: BufRead> Iterator for Rows<R> {
    type Item = Result<(u64, Content), FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_content().map(|content| content.map(|content| (self.line, content))).transpose()
    }
}

/// Fails if the file that starts with these bytes is UTF-16 or JSON.
fn check_format(start: &[u8]) -> Result<(), FileError> {
    if is_utf16(start) {
        return Err(FileError::Utf16);
    }
    let text = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start).trim_ascii_start();
    if text.starts_with(b"{") || text.starts_with(b"[") { Err(FileError::Json) } else { Ok(()) }
}

/// UTF-16 has a byte order mark (RFC 2781, section 3.2), or a zero byte beside the first letter.
fn is_utf16(start: &[u8]) -> bool {
    matches!(start, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..])
        || matches!(start, [first, second, ..] if (*first == 0) != (*second == 0))
}

fn is_blank(fields: &StringRecord) -> bool {
    fields.iter().all(str::is_empty)
}

/// Separators other than the comma, with the names that `--delimiter` uses.
const SEPARATORS: [(char, &str); 3] = [(';', "semicolon"), ('\t', "tab"), ('|', "pipe")];

/// The reason why these fields are not a row.
fn misfit(fields: &StringRecord) -> Refusal {
    let field = fields.get(0).filter(|_| fields.len() == 1).unwrap_or_default();
    let separators = SEPARATORS.iter().find(|(separator, _)| field.contains(*separator));
    separators.map_or(Refusal::Fields(fields.len()), |&(_, found)| Refusal::Separator { found })
}

/// An id in digits, or `None` for an empty field. Zeros after a decimal point are dropped, because some programs write
/// `7.0` if a column of numbers has gaps.
fn member_id(text: &str) -> Result<Option<MemberId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|byte| byte == b'0'));
    let digits = digits.map_or(text, |(digits, _)| digits);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number);
    number.and_then(MemberId::new).map(Some).ok_or(Refusal::Id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2b$04$L6Bc/AlTQHyd9liGgGEZyOmPPde36chuNCw/KcP5SUMAdJq2u/Fzi";

    /// The bytes of a text in which `#` stands for the hash.
    fn bytes(text: &str) -> Vec<u8> {
        text.replace('#', HASH).into_bytes()
    }

    fn read(content: &[u8]) -> Result<Vec<(u64, Content)>, FileError> {
        Rows::new(content, b',').collect()
    }

    /// `member`, `skipped`, or the reason for the refusal.
    fn kind(content: &Content) -> String {
        match content {
            Content::Member(row) => {
                assert_eq!(row.hash.as_ref().unwrap().as_str(), HASH);
                "member".to_owned()
            }
            Content::Skipped => "skipped".to_owned(),
            Content::Refused(refusal) => refusal.to_string(),
        }
    }

    const FIELDS: &str = "fields instead of an email, a hash and optionally a member id";
    const ID: &str = "the member id is not a whole number from 1 to 9007199254740991";

    /// A line of each kind, with a part of the kind's text.
    const LINES: [(&str, &str); 39] = [
        ("m@example.com,#", "member"),
        ("m@example.com,#,", "member"),
        ("\"m@example.com\",\"#\"", "member"),
        ("\"m@example.com,#", FIELDS),
        (" M@Example.com , # ", "member"),
        ("m@example.com,#,\"NULL\"", "member"),
        ("\"m@example.com\", \"#\" ,\t", "member"),
        ("", "skipped"),
        (" ", "skipped"),
        ("m@example.com,{bcrypt}#", "member"),
        ("\u{feff}m@example.com,b'#'", "member"),
        ("m@example.com,#\u{a0},,", "member"),
        ("\t", "skipped"),
        (",,,", "skipped"),
        ("\"\",\"\"", "skipped"),
        ("\"", "skipped"),
        ("m@example.com,#,7.00", "member"),
        ("m@example.com;#", "separated by semicolons: import the file with --delimiter semicolon"),
        ("m@example.com\t#", "separated by tabs: import the file with --delimiter tab"),
        ("m@example.com|#", "separated by pipes: import the file with --delimiter pipe"),
        ("m@example.com", FIELDS),
        ("#", FIELDS),
        ("m@example.com,#,1,2", "the line has 4 fields"),
        ("m@example.com,secret", "the hash is of an unknown kind; only bcrypt hashes"),
        ("m@example.com,\\N,\\N", "the hash is missing; only bcrypt hashes"),
        ("m@example.com,", "the hash is missing; only bcrypt hashes"),
        ("m@example.com,$2b$04$L6Bc", "the hash is a bcrypt hash that was cut off"),
        (",#", "the email must not be empty"),
        ("NULL,#,1", "the email must not be empty"),
        ("\"a@example.com, b@example.com\",#,", "the email must not contain white space"),
        ("a@x.example;b@x.example,#,", "the email must have one @ with something on both sides"),
        ("m@example.com,#,0", ID),
        ("m@example.com,#,+7", ID),
        ("m@example.com,#,no", ID),
        ("m@example.com,#,7.5", ID),
        ("m@example.com,#,9007199254740992", ID),
        ("\"m@example.com", FIELDS),
        ("m@example.com,#,9007199254740991", "member"),
        ("m@example.com,#", "member"),
    ];

    #[test]
    fn every_line_is_a_member_skipped_or_refused_whatever_surrounds_it() {
        for heading in
            ["email,hash,id", "\u{feff}\"E-Mail\",Encrypted_Password,user_id", "Email , Password digest, ID"]
        {
            for end in ["\n", "\r\n", "\r"] {
                let lines = LINES.map(|(line, _)| line).join(end);
                let contents = read(&bytes(&format!("{heading}{end}{lines}"))).unwrap();
                assert!(contents.iter().map(|(line, _)| *line).eq(1..=40));
                for ((_, content), (line, expected)) in contents.iter().skip(1).zip(LINES) {
                    assert!(kind(content).contains(expected), "{line:?}: {}", kind(content));
                }
            }
        }
    }

    #[test]
    fn a_line_that_is_not_text_or_too_long_is_refused() {
        let content =
            [&bytes("m@example.com,#\n")[..], b"\xff@example.com,\n", &[b'x'; 4097], b"\n"].concat();
        let kinds: Vec<_> = read(&content).unwrap().iter().map(|(_, content)| kind(content)).collect();
        let refused = ["the line is not UTF-8: save the file as UTF-8", "the line is over 4096 bytes"];
        assert_eq!(kinds, ["member", refused[0], refused[1]]);
    }

    #[test]
    fn an_unreadable_file_is_an_error_with_its_reason() {
        let member = "ada@example.com,#\n";
        let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> { member.encode_utf16().flat_map(unit).collect() };
        let first_line = "is neither a known heading nor a member: ";
        for (content, reason) in [
            ([&b"\xff\xfe"[..], &utf16(u16::to_le_bytes)].concat(), "it is UTF-16"),
            (utf16(u16::to_le_bytes), "it is UTF-16"),
            (utf16(u16::to_be_bytes), "it is UTF-16"),
            (br#" {"users": [{"localId": "a", "email": "ada@example.com"}]}"#.into(), "it is JSON: "),
            (bytes(&format!("email,id\n{member}")), "no heading says where the hashes are: "),
            (
                bytes(&format!("\nUsers of admin@example.com\nemail,password,active\n{member}")),
                &format!("line 2 {first_line}a heading names "),
            ),
            (
                [&b"email,password,d\xe9sactiv\xe9\n"[..], &bytes(member)].concat(),
                &format!("line 1 {first_line}the line is not UTF-8: "),
            ),
            (
                bytes("email;hash\nada@example.com;#"),
                &format!("line 1 {first_line}the fields are separated by semicolons: "),
            ),
        ] {
            let error = read(&content).unwrap_err().to_string();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
