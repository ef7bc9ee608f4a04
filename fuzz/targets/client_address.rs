//! See `fuzz_targets::client_address`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz_targets::client_address(bytes));
