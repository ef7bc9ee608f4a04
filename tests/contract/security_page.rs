//! `docs/security.md` says of each requirement of OWASP's ASVS how it stands, and points to what shows it.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::Path;

const PAGE: &str = include_str!("../../docs/security.md");

/// The sections of ASVS 5.0.0, chapters 3, 4, 6, 7, 9, 11, 14 and 16: of each, the levels of its requirements
/// in their order.
const SECTIONS: [(&str, &str); 42] = [
    ("3.1", "3"),
    ("3.2", "113"),
    ("3.3", "12223"),
    ("3.4", "11222233"),
    ("3.5", "11122333"),
    ("3.6", "3"),
    ("3.7", "22333"),
    ("4.1", "12233"),
    ("4.2", "23333"),
    ("4.3", "22"),
    ("4.4", "1222"),
    ("6.1", "122"),
    ("6.2", "111111112222"),
    ("6.3", "11223333"),
    ("6.4", "112233"),
    ("6.5", "22222333"),
    ("6.6", "2223"),
    ("6.7", "33"),
    ("6.8", "2222"),
    ("7.1", "222"),
    ("7.2", "1111"),
    ("7.3", "22"),
    ("7.4", "11222"),
    ("7.5", "223"),
    ("7.6", "22"),
    ("9.1", "111"),
    ("9.2", "1222"),
    ("11.1", "2233"),
    ("11.2", "22233"),
    ("11.3", "11233"),
    ("11.4", "1222"),
    ("11.5", "23"),
    ("11.6", "23"),
    ("11.7", "33"),
    ("14.1", "22"),
    ("14.2", "12223333"),
    ("14.3", "122"),
    ("16.1", "2"),
    ("16.2", "22222"),
    ("16.3", "2222"),
    ("16.4", "222"),
    ("16.5", "2223"),
];

const VERDICTS: [&str; 4] = ["met by ", "left to the deployment: ", "not met: ", "does not apply: "];

/// A row: the requirements that it speaks of, their levels, and how they stand.
struct Row {
    numbers: Vec<String>,
    levels: &'static str,
    verdict: &'static str,
}

fn rows() -> Vec<Row> {
    let cells = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = cells.map(|line| line.split(" | ").collect::<Vec<_>>());
    cells
        .filter(|cells| cells[0].starts_with(|c: char| c.is_ascii_digit()))
        .map(|cells| Row { numbers: numbers(cells[0]), levels: cells[1], verdict: cells[3] })
        .collect()
}

/// `6.5.1–6.5.5, 6.5.7` one by one.
fn numbers(cell: &str) -> Vec<String> {
    let ranges = cell.split(", ").map(|it| it.split_once('–').unwrap_or((it, it)));
    let one_by_one = ranges.flat_map(|(first, last)| {
        let (section, from) = first.rsplit_once('.').unwrap();
        let to = last.strip_prefix(section).and_then(|rest| rest.strip_prefix('.')).unwrap();
        let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
        (from..=to).map(move |number| format!("{section}.{number}"))
    });
    one_by_one.collect()
}

/// Every requirement in the standard's order, with its level.
fn requirements() -> Vec<(String, char)> {
    let of_section = |(section, levels): (&str, &'static str)| {
        let section = section.to_owned();
        levels.chars().zip(1..).map(move |(level, number)| (format!("{section}.{number}"), level))
    };
    SECTIONS.into_iter().flat_map(of_section).collect()
}

/// What stands in backticks and looks like a file, perhaps with `::function` or `#heading`.
fn pointers(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|code| {
        let extension = Path::new(path(code)).extension().and_then(|it| it.to_str());
        !code.contains(' ') && matches!(extension, Some("rs" | "md" | "yaml" | "toml" | "js" | "html"))
    })
}

fn path(pointer: &str) -> &str {
    let path = pointer.split("::").next().unwrap_or_default();
    path.split('#').next().unwrap_or_default()
}

fn leads_somewhere(pointer: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let Ok(text) = read_to_string(root.join(path(pointer))) else { return false };
    if let Some((_, function)) = pointer.split_once("::") {
        [format!("fn {function}("), format!("fn {function}<")].iter().any(|it| text.contains(it))
    } else if let Some((_, heading)) = pointer.split_once('#') {
        text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == heading)
    } else {
        true
    }
}

/// As GitHub makes it of a heading.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().replace(' ', "-")
}

#[test]
fn every_requirement_stands_there_once_with_its_level() {
    let requirements = requirements();
    let mut told: Vec<_> = rows().into_iter().flat_map(|row| row.numbers).collect();
    let place = |number: &String| requirements.iter().position(|(it, _)| it == number);
    told.sort_by_key(place);
    assert_eq!(told, requirements.iter().map(|(number, _)| number.clone()).collect::<Vec<_>>());
    for row in rows() {
        let of_row = requirements.iter().filter(|(number, _)| row.numbers.contains(number));
        let levels: BTreeSet<_> = of_row.map(|(_, level)| level.to_string()).collect();
        assert_eq!(row.levels, Vec::from_iter(levels).join(", "), "{:?}", row.numbers);
    }
}

#[test]
fn every_row_says_how_it_stands_and_where_that_is_seen() {
    for Row { numbers, verdict, .. } in rows() {
        let rest = VERDICTS.iter().find_map(|words| verdict.strip_prefix(words));
        let rest = rest.unwrap_or_else(|| panic!("{numbers:?} has no verdict"));
        assert!(rest.len() >= 10, "{numbers:?} has no reason");
        let points = pointers(rest).next().is_some();
        let is_met = verdict.starts_with("met by ");
        let is_shown = rest.contains("shown by `") || rest.ends_with("by reading");
        assert!(!is_met || (points && is_shown), "{numbers:?} is not shown");
        assert!(!verdict.starts_with("left to") || points, "{numbers:?} points nowhere");
    }
}

#[test]
fn every_pointer_leads_somewhere() {
    let astray: BTreeSet<_> = pointers(PAGE).filter(|pointer| !leads_somewhere(pointer)).collect();
    assert_eq!(astray, BTreeSet::new());
}
