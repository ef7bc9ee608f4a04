//! What happens to any bytes whatever where input comes in: each target takes them all the way that they
//! take in a function, and panics where the outcome is not one that it should be. `cargo fuzz` and this
//! crate's own test try the same targets.

mod configuration;
mod cookie_header;
mod gateway_event;
mod login_body;
mod member_rows;
mod stored_items;
mod wire;

pub use configuration::{origins, quota};
pub use cookie_header::cookie_header;
pub use gateway_event::gateway_event;
pub use login_body::login_body;
pub use member_rows::member_rows;
pub use stored_items::{key_ring, member_item, session_item};

use shared::timestamp::Timestamp;

/// Tries one input, and panics where the outcome is wrong.
pub type Target = fn(&[u8]);

/// All targets, by the names that `cargo fuzz` and the corpus know them by.
pub const TARGETS: [(&str, Target); 9] = [
    ("login_body", login_body),
    ("cookie_header", cookie_header),
    ("session_item", session_item),
    ("member_item", member_item),
    ("key_ring", key_ring),
    ("gateway_event", gateway_event),
    ("quota", quota),
    ("origins", origins),
    ("member_rows", member_rows),
];

/// When it all happens.
const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
