//! See `garbage::key_ring`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| garbage::key_ring(bytes));
