//! The output of a test that runs in its own process.

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use serde_json::Value;
use std::process::Command;

/// Runs one test of this binary in its own process, and returns the lines that the test wrote to standard error. Checks
/// that each line is a log line with the time and the level that Lambda reads.
pub(crate) fn log_of(test: &str) -> Vec<Value> {
    let this = std::env::current_exe().unwrap();
    let arguments = ["--exact", test, "--include-ignored", "--nocapture"];
    let run = Command::new(this).args(arguments).output().unwrap();
    assert!(run.status.success(), "{test}");
    let log = String::from_utf8(run.stderr).unwrap();
    log.lines().map(read_line).collect()
}

fn read_line(text: &str) -> Value {
    let line: Value = serde_json::from_str(text).expect("one JSON object per line");
    assert!(text.starts_with(r#"{"timestamp":""#), "{text}");
    logged_at(&line);
    assert!(["INFO", "WARN", "ERROR"].contains(&line["level"].as_str().unwrap_or_default()), "{text}");
    line
}

/// The time of a line, in RFC 3339.
pub(crate) fn logged_at(line: &Value) -> DateTime {
    let text = line["timestamp"].as_str().unwrap_or_default();
    DateTime::from_str(text, DateTimeFormat::DateTime).expect("a time of RFC 3339")
}
