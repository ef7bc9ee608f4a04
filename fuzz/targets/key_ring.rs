//! See `fuzz_targets::key_ring`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::key_ring(bytes));
