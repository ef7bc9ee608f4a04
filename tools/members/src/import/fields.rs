//! The fields of a line.

use crate::import::lines::LONGEST_LINE_BYTES;
use crate::text::is_unprintable;
use csv::StringRecord;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Splits lines. All lines share the CSV parser's tables, because building the tables takes longer than splitting a
/// line.
#[derive(Debug)]
pub(crate) struct Splitter {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Splitter {
    /// For fields separated by the ASCII character `separator`.
    pub(crate) fn new(separator: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(separator).build();
        // Room for the fields of a line of separators, and one more, because the parser stops when the buffer is full.
        let room = LONGEST_LINE_BYTES + 2;
        Self { reader, text: vec![0; room], ends: vec![0; room] }
    }

    /// The fields of a line of at most `LONGEST_LINE_BYTES`, without its line end; `None` if it is not UTF-8.
    pub(crate) fn split(&mut self, line: &[u8]) -> Option<StringRecord> {
        str::from_utf8(line).ok()?;
        self.reader.reset();
        let (read, _, length, fields) = self.reader.read_record(line, &mut self.text, &mut self.ends);
        let (text, ends) = (&mut self.text[length..], &mut self.ends[fields..]);
        // Signals the end of the input, which also ends a field whose quotes are not closed.
        let (end, _, last_length, last_fields) = self.reader.read_record(&[], text, ends);
        let is_full = |it| matches!(it, ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull);
        debug_assert!(!is_full(read) && !is_full(end), "there is room for any line");
        let text = str::from_utf8(&self.text[..length + last_length]).ok()?;
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ends = &self.ends[..fields + last_fields];
        Some(starts.zip(ends).map(|(start, &end)| value(&text[start..end])).collect())
    }
}

/// Texts that databases and spreadsheets write instead of a missing value.
const NULLS: [&str; 6] = ["null", "\\n", "none", "nil", "n/a", "#n/a"];

fn value(field: &str) -> &str {
    let field = bare(field);
    if NULLS.iter().any(|null| field.eq_ignore_ascii_case(null)) { "" } else { field }
}

/// The field without the white space and invisible characters around it. Quotes after a leading space are removed too,
/// because the parser does not treat them as quotes.
fn bare(field: &str) -> &str {
    let field = trimmed(field);
    field.strip_prefix('"').and_then(|field| field.strip_suffix('"')).map_or(field, trimmed)
}

fn trimmed(field: &str) -> &str {
    field.trim_matches(|c: char| c.is_whitespace() || is_unprintable(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(line: &[u8]) -> Option<Vec<String>> {
        Splitter::new(b',').split(line).map(|fields| fields.iter().map(str::to_owned).collect())
    }

    #[test]
    fn quotes_and_invisible_characters_around_a_field_are_removed() {
        assert_eq!(split(b"\"a,b\"\"c\", d ,\"e").unwrap(), ["a,b\"c", "d", "e"]);
        assert_eq!(split("\u{feff}\"a\", \"b\" ,\u{a0}c\u{200b}\0".as_bytes()).unwrap(), ["a", "b", "c"]);
        assert_eq!(split(b"NULL,\"\\N\", None ,#N/A,nully").unwrap(), ["", "", "", "", "nully"]);
        assert_eq!(split(b"").unwrap(), [""; 0]);
        assert_eq!(split(b"a\xff"), None);
    }

    #[test]
    fn the_longest_line_fits_as_separators_or_as_one_field() {
        assert_eq!(split(&[b','; LONGEST_LINE_BYTES]).unwrap().len(), LONGEST_LINE_BYTES + 1);
        assert_eq!(split(&[b'x'; LONGEST_LINE_BYTES]).unwrap()[0].len(), LONGEST_LINE_BYTES);
    }

    proptest! {
        /// The fields are equal to those of the csv crate's own, slower reader.
        #[test]
        fn fields_are_those_of_the_csv_crate(line in "[a\" ,;\u{feff}\u{e9}]{0,20}") {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
            let mut fields = StringRecord::new();
            reader.read_record(&mut fields).unwrap();
            let expected: Vec<_> = fields.iter().map(|field| bare(field).to_owned()).collect();
            let mut splitter = Splitter::new(b',');
            splitter.split(b"\"before"); // must have no effect on the next line
            let split: Vec<_> = splitter.split(line.as_bytes()).unwrap().iter().map(str::to_owned).collect();
            prop_assert_eq!(split, expected);
        }
    }
}
