//! See `garbage::member_item`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| garbage::member_item(bytes));
