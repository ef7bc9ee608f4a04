//! Targets that take any bytes as input. Each one reads them as a function does, and panics when the outcome is
//! wrong. `cargo fuzz` and this crate's own test run the same targets.

mod client_address;
mod configuration;
mod cookie_header;
mod gateway_event;
mod login_body;
mod member_rows;
mod stored_items;
mod wire;

pub use client_address::client_address;
pub use configuration::{origins, quota};
pub use cookie_header::cookie_header;
pub use gateway_event::gateway_event;
pub use login_body::login_body;
pub use member_rows::member_rows;
pub use stored_items::{key_ring, member_item, session_item};

use shared::timestamp::Timestamp;

/// Tries one input. Panics when the outcome is wrong.
pub type Target = fn(&[u8]);

/// All targets, with their names for `cargo fuzz` and in the corpus.
pub const TARGETS: [(&str, Target); 10] = [
    ("login_body", login_body),
    ("cookie_header", cookie_header),
    ("session_item", session_item),
    ("member_item", member_item),
    ("key_ring", key_ring),
    ("gateway_event", gateway_event),
    ("quota", quota),
    ("origins", origins),
    ("client_address", client_address),
    ("member_rows", member_rows),
];

/// The time of all inputs.
const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
