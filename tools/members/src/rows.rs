//! The lines of a file of members, one by one: as much memory as one line takes, however long the file.

use crate::refusal::Refusal;
use csv::{ReaderBuilder, StringRecord};
use shared::members::{Email, MemberId, PasswordHash};
use std::io::{self, BufRead, Read};

/// Far more than an email, a hash and a number take, in quotes.
pub(crate) const LONGEST_LINE_BYTES: usize = 4096;

/// The largest that a program in JavaScript reads exactly (ECMA-262, `Number.MAX_SAFE_INTEGER`): clients
/// get it as a JSON number.
pub(crate) const HIGHEST_ID: u64 = 9_007_199_254_740_991;

/// A member to load.
#[derive(Clone, Debug)]
pub struct Row {
    /// The number of its line, from 1.
    pub line: u64,
    /// In its normal form.
    pub email: Email,
    /// Of whatever cost.
    pub hash: PasswordHash,
    /// The number to keep, 1 to 2^53 − 1; none where a new one is to be given.
    pub id: Option<MemberId>,
}

/// The rows of a text, or why a line is none, with the line's number. Blank lines and the heading are left
/// out. A field in quotes ends with its line: no email, hash or number has a line's end in it, and a quote
/// that is not closed must not swallow what follows.
#[derive(Debug)]
pub struct Rows<R> {
    text: R,
    line: u64,
    is_first: bool,
}

/// A line as it was read.
enum Line {
    Text(Vec<u8>),
    TooLong,
}

impl<R: BufRead> Rows<R> {
    /// From its beginning.
    pub const fn of(text: R) -> Self {
        Self { text, line: 0, is_first: true }
    }

    fn read_line(&mut self) -> io::Result<Option<Line>> {
        let mut text = Vec::new();
        let limit = u64::try_from(LONGEST_LINE_BYTES + 1).unwrap_or(u64::MAX);
        if self.text.by_ref().take(limit).read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        if text.len() > LONGEST_LINE_BYTES && !text.ends_with(b"\n") {
            self.text.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(Line::Text(text.trim_ascii_end().to_owned())))
    }

    /// The next line that is neither blank nor the heading, or why it is no row.
    fn next_row(&mut self) -> io::Result<Option<Result<Row, Refusal>>> {
        while let Some(line) = self.read_line()? {
            let fields = match line {
                Line::TooLong => Err(Refusal::TooLong),
                Line::Text(text) if text.is_empty() => continue,
                Line::Text(text) => split(&text),
            };
            let is_first = std::mem::take(&mut self.is_first);
            if is_first && fields.as_ref().is_ok_and(is_heading) {
                continue;
            }
            return Ok(Some(fields.and_then(|fields| row(self.line, &fields))));
        }
        Ok(None)
    }
}

/// Each with the number of its line; an error of reading is the text's own.
impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<(u64, Result<Row, Refusal>)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_row().map(|row| row.map(|row| (self.line, row))).transpose()
    }
}

fn split(line: &[u8]) -> Result<StringRecord, Refusal> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(LONGEST_LINE_BYTES)
        .from_reader(line);
    let mut fields = StringRecord::new();
    match reader.read_record(&mut fields) {
        Ok(_) => Ok(fields),
        // Reading from memory fails in no other way, with any number of fields.
        Err(_) => Err(Refusal::NotUtf8),
    }
}

fn is_heading(fields: &StringRecord) -> bool {
    fields.get(0).is_some_and(|field| field.trim().eq_ignore_ascii_case("email"))
}

fn row(line: u64, fields: &StringRecord) -> Result<Row, Refusal> {
    let (email, hash, id) = match fields.iter().collect::<Vec<_>>()[..] {
        [email, hash] => (email, hash, ""),
        [email, hash, id] => (email, hash, id),
        ref fields => return Err(Refusal::Fields(fields.len())),
    };
    let email = Email::for_member(email).map_err(Refusal::Email)?;
    let hash = hash.parse().map_err(|_| Refusal::Hash)?;
    let id = if id.is_empty() { None } else { Some(member_id(id)?) };
    Ok(Row { line, email, hash, id })
}

fn member_id(text: &str) -> Result<MemberId, Refusal> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| is_number && (1..=HIGHEST_ID).contains(number));
    number.and_then(MemberId::new).ok_or(Refusal::Id)
}
