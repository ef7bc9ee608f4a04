//! See `garbage::member_rows`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| garbage::member_rows(bytes));
