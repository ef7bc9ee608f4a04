//! Signing keys, the rings that rotate them, and the cookies that they sign.

mod key;
mod ring;
mod signed_cookie;

pub use key::{KeyId, MAC_LENGTH, SigningKey};
pub use ring::{KeyRing, RingName, RotatingKeyRing};
pub use signed_cookie::SignedCookie;
