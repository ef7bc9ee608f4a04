//! See `garbage::session_item`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| garbage::session_item(bytes));
