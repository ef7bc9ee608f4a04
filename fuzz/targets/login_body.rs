//! See `fuzz_targets::login_body`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::login_body(bytes));
