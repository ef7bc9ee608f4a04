//! See `fuzz_targets::quota`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::quota(bytes));
