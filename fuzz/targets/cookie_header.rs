//! See `garbage::cookie_header`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| garbage::cookie_header(bytes));
