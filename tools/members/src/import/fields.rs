//! The fields of a line.

use crate::text::is_unprintable;
use csv::{ReaderBuilder, StringRecord};

/// The fields of a line without its line end, separated by the ASCII character `separator`; `None` if the line is not
/// UTF-8.
pub(crate) fn split(line: &[u8], separator: u8) -> Option<StringRecord> {
    let reader =
        ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(line);
    let fields = reader.into_records().next().unwrap_or(Ok(StringRecord::new())).ok()?;
    Some(fields.iter().map(value).collect())
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
    fn split(line: &[u8]) -> Option<Vec<String>> {
        super::split(line, b',').map(|fields| fields.iter().map(str::to_owned).collect())
    }

    #[test]
    fn quotes_and_invisible_characters_around_a_field_are_removed() {
        assert_eq!(split(b"\"a,b\"\"c\", d ,\"e").unwrap(), ["a,b\"c", "d", "e"]);
        assert_eq!(split("\u{feff}\"a\", \"b\" ,\u{a0}c\u{200b}\0".as_bytes()).unwrap(), ["a", "b", "c"]);
        assert_eq!(split(b"NULL,\"\\N\", None ,#N/A,nully").unwrap(), ["", "", "", "", "nully"]);
        assert_eq!(split(b"").unwrap(), [""; 0]);
        assert_eq!(split(b"a\xff"), None);
    }
}
