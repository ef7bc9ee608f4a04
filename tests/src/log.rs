//! The lines that the functions log during a test.

use serde_json::Value;
use shared::gateway::audit::write_to;
use std::cell::RefCell;

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Collects the lines for [`take_log`], and also prints each line, so that a failed test shows the log.
pub(crate) fn collect() {
    write_to(|line| {
        eprintln!("{line}");
        LINES.with_borrow_mut(|lines| lines.push(line.to_owned()));
    });
}

/// The lines that this thread logged since the last call.
pub fn take_log() -> Vec<Value> {
    LINES.take().iter().map(|line| serde_json::from_str(line).expect("one JSON object per line")).collect()
}
