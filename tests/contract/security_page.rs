//! The pointers of `docs/security.md` lead to code, tests and headings that exist.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::Path;

const PAGE: &str = include_str!("../../docs/security.md");

/// The code spans that look like a file, with or without `::function` or `#heading`.
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

/// The anchor that GitHub gives to a heading.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().replace(' ', "-")
}

#[test]
fn every_pointer_leads_somewhere() {
    let astray: BTreeSet<_> = pointers(PAGE).filter(|pointer| !leads_somewhere(pointer)).collect();
    assert_eq!(astray, BTreeSet::new());
}
