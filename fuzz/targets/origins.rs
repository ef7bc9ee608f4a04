//! See `fuzz_targets::origins`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::origins(bytes));
