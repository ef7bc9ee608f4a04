//! See `garbage::login_body`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| garbage::login_body(bytes));
