//! See `fuzz_targets::gateway_event`.
#![no_main]

use std::panic::set_hook;
use std::sync::Once;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // `lambda_http` panics at a body that is not base64, which is caught. libFuzzer's own hook would end the
    // run there; without it, the run ends at a panic that nobody catches.
    static WITHOUT_HOOK: Once = Once::new();
    WITHOUT_HOOK.call_once(|| set_hook(Box::new(|_| {})));
    fuzz_targets::gateway_event(bytes);
});
