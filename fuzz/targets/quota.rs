//! See `garbage::quota`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| garbage::quota(bytes));
