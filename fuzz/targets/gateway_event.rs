//! See `fuzz_targets::gateway_event`.
#![no_main]

use std::panic::set_hook;
use std::sync::Once;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // `lambda_http` panics at a body that is not base64, and our code catches that panic. libFuzzer's hook would end
    // the run there. Without the hook, only a panic that is not caught ends the run.
    static WITHOUT_HOOK: Once = Once::new();
    WITHOUT_HOOK.call_once(|| set_hook(Box::new(|_| {})));
    fuzz_targets::gateway_event(bytes);
});
