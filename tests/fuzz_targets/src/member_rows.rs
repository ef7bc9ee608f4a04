//! A file of members to import.

use members::refusal::Refusal;
use members::rows::{Row, Rows};
use shared::members::{Email, MemberId};

/// Reads bytes as the lines of a file. Whether a line is a row does not depend on the lines before it. Only blank
/// lines and a heading are left out. Reading a row's values again gives the same row.
pub fn member_rows(bytes: &[u8]) {
    let lines: Vec<_> = bytes.split(|&byte| byte == b'\n').collect();
    let rows = rows(bytes);
    let blank = lines.iter().filter(|line| line.trim_ascii_end().is_empty()).count();
    assert!(lines.len() <= rows.len() + blank + 1, "a line is lost");
    for (number, row) in &rows {
        let line = lines[usize::try_from(*number).expect("a line's number") - 1];
        let alone = rows_after_another(line);
        assert_eq!(known(row), known(&alone));
        if let Ok(row) = row {
            assert_eq!(Email::parse(row.email.as_str()).as_ref(), Ok(&row.email));
            assert!(row.line == *number && row.id.is_none_or(|id| (1..1 << 53).contains(&id.get())));
            let unquoted = String::from_utf8_lossy(line).replace('"', "");
            assert!(unquoted.contains(row.hash.as_str()));
        }
    }
    assert!(rows.is_sorted_by(|(before, _), (after, _)| before < after));
}

type Outcome = Result<Row, Refusal>;

fn rows(bytes: &[u8]) -> Vec<(u64, Outcome)> {
    Rows::of(bytes).collect::<Result<_, _>>().expect("memory can be read")
}

/// The outcome of `line` when it is not the first line, and so not a heading.
fn rows_after_another(line: &[u8]) -> Outcome {
    let (_, outcome) = rows(&[b"another\n", line].concat()).pop().expect("two lines");
    outcome
}

/// The outcome of a line without its number.
fn known(outcome: &Outcome) -> Result<(&str, &str, Option<u64>), &Refusal> {
    outcome.as_ref().map(|row| (row.email.as_str(), row.hash.as_str(), row.id.map(MemberId::get)))
}
