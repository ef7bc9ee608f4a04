//! Randomness for secrets.

/// Random bytes from the operating system's generator.
///
/// # Panics
/// When the operating system provides no randomness, because there is no safe substitute.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
