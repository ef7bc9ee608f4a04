//! What the functions log.

use serde_json::Value;
use std::process::Command;

/// The lines that one test of this binary logs. It runs in a process of its own, because the functions write to standard
/// error.
pub(crate) fn log_of(test: &str) -> Vec<Value> {
    let this = std::env::current_exe().unwrap();
    let run = Command::new(this).args(["--exact", test, "--nocapture"]).output().unwrap();
    assert!(run.status.success(), "{test}");
    let output = String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned();
    let lines = output.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).expect("one JSON object a line")).collect()
}
