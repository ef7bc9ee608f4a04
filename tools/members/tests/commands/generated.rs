//! Random files with every mix of line ends, quotes, blanks, headings and byte order marks: no line is lost.

use crate::program::{HASH, Tables, file, said};
use members::import::rows::{Content, Rows};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::io::BufReader;

/// What a line of the file should be. Each member has its own number, so that no email repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Member,
    Skipped,
    Refused,
}

/// A line as written, with `#` for the member's number and `$` for a hash.
#[derive(Clone, Debug)]
struct Line {
    kind: Kind,
    text: &'static str,
    end: &'static str,
}

/// A file as written, and what its lines should be.
#[derive(Debug)]
struct Generated {
    content: Vec<u8>,
    kinds: Vec<Kind>,
}

const MEMBERS: [&str; 10] = [
    "m#@example.com,$",
    "m#@example.com,$,",
    "\"m#@example.com\",\"$\"",
    " M#@Example.com , $ ",
    "\"m#@example.com\", \"$\" ,\t",
    "m#@example.com,{bcrypt}$",
    "m#@example.com,bcrypt$$",
    "\u{feff}m#@example.com,b'$'",
    "m#@example.com,$\u{a0},,",
    "m#@example.com,\"$\",\"\"",
];

const BLANKS: [&str; 7] = ["", " ", "\t", ",", ",,,", "\"\",\"\"", "\""];

const BAD: [&str; 8] = [
    "\"m#@example.com,$",
    "m#@example.com;$",
    "m#@example.com",
    "m#@example.com,secret",
    ",$",
    "m#@example.com,$,no",
    "m#@example.com,$,1,2",
    "\"m#@example.com\n,$\"",
];

const HEADINGS: [&str; 3] =
    ["email,hash", "\"E-Mail\",Encrypted_Password,user_id", "Email , Password digest, ID"];

const ENDS: [&str; 3] = ["\n", "\r\n", "\r"];

fn line() -> impl Strategy<Value = Line> {
    let of = |kind, texts: &'static [&'static str]| {
        (prop::sample::select(texts), prop::sample::select(&ENDS[..])).prop_map(move |(text, end)| Line {
            kind,
            text,
            end,
        })
    };
    // The last of these texts has a line end inside quotes, so it is two bad lines.
    prop_oneof![
        4 => of(Kind::Member, &MEMBERS),
        2 => of(Kind::Skipped, &BLANKS),
        2 => of(Kind::Refused, &BAD),
    ]
}

prop_compose! {
    fn generated()(
        has_mark in any::<bool>(),
        heading in prop::option::of(prop::sample::select(&HEADINGS[..])),
        lines in prop::collection::vec(line(), 0..24),
        end in prop::sample::select(&ENDS[..]),
        has_last_end in any::<bool>(),
    ) -> Generated {
        let member = Line { kind: Kind::Member, text: MEMBERS[0], end };
        let first = heading.map_or(member, |text| Line { kind: Kind::Skipped, text, end });
        let lines: Vec<_> = std::iter::once(first).chain(lines).collect();
        written(if has_mark { "\u{feff}" } else { "" }, &lines, has_last_end)
    }
}

/// The bytes of `lines`, and the kinds of the lines of the file. An empty line between CR and LF does not
/// count, because the two are one line end. Neither does an empty last line without a line end.
fn written(mark: &str, lines: &[Line], has_last_end: bool) -> Generated {
    let (mut content, mut kinds) = (mark.to_owned(), Vec::new());
    for (number, line) in lines.iter().enumerate() {
        let end = if number + 1 < lines.len() || has_last_end { line.end } else { "" };
        let is_rest_of_crlf = content.ends_with('\r') && line.text.is_empty() && end == "\n";
        let is_nothing = line.text.is_empty() && end.is_empty() && content.ends_with(['\r', '\n']);
        let lines = if is_rest_of_crlf || is_nothing { 0 } else { line.text.split('\n').count() };
        kinds.extend(std::iter::repeat_n(line.kind, lines));
        content += &line.text.replace('$', "\0").replace('#', &number.to_string()).replace("\0\0", "$\0");
        content = content.replace('\0', HASH) + end;
    }
    Generated { content: content.into_bytes(), kinds }
}

fn kinds_read(content: &[u8], buffer: usize) -> Vec<Kind> {
    let rows = Rows::new(BufReader::with_capacity(buffer, content), b',');
    let lines = rows.enumerate().map(|(index, line)| {
        let (number, content) = line.unwrap();
        assert_eq!(u64::try_from(index + 1).unwrap(), number);
        match content {
            Content::Member(row) => {
                assert_eq!((row.line, row.hash.unwrap().as_str()), (number, HASH));
                Kind::Member
            }
            Content::Skipped => Kind::Skipped,
            Content::Refused(_) => Kind::Refused,
        }
    });
    lines.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// 2000 files of up to 25 lines.
    #[test]
    fn every_line_of_a_file_is_a_member_skipped_or_refused(file in generated(), buffer in 2_usize..64) {
        prop_assert_eq!(kinds_read(&file.content, buffer), file.kinds);
    }
}

/// The counts that the program prints, and the number of members after it.
fn import(tables: &Tables, generated: &Generated) -> [u64; 5] {
    let path = file(&generated.content);
    let run = said(&tables.program(&["import", path.to_str().unwrap(), "--json"]).output().unwrap());
    let [tally] = &run.json()[..] else { panic!("no counts: {}", run.stderr) };
    let has_refused = generated.kinds.contains(&Kind::Refused);
    assert_eq!(run.code, Some(i32::from(has_refused)));
    ["total", "loaded", "alreadyThere", "rejected", "skipped"].map(|name| tally[name].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_add_up_to_the_lines_and_every_member_is_there() {
    const FILES: usize = 12;
    let mut runner = TestRunner::deterministic();
    let mut files = std::iter::repeat_with(|| generated().new_tree(&mut runner).unwrap().current())
        .filter(|file| file.kinds.iter().any(|&kind| kind != Kind::Skipped));
    for _ in 0..FILES {
        let generated = files.next().unwrap();
        let tables = Tables::start().await;
        let of = |kind| generated.kinds.iter().filter(|&&it| it == kind).count();
        let [all, members, refused, skipped] =
            [generated.kinds.len(), of(Kind::Member), of(Kind::Refused), of(Kind::Skipped)]
                .map(|count| u64::try_from(count).unwrap());
        assert_eq!(import(&tables, &generated), [all, members, 0, refused, skipped]);
        assert_eq!(import(&tables, &generated), [all, 0, members, refused, skipped]);
        assert_eq!(u64::try_from(tables.run(&["list", "--json"]).records().len()), Ok(members));
    }
}
