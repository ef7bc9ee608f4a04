//! Sessions: what opens them, how long they live, and their table.

mod session;
mod table;
mod timeouts;
mod token;

pub use session::{ListedSession, Session, SessionLookup};
pub use table::{NewSession, SessionStart, Sessions};
pub use timeouts::{SessionTimeouts, Timeouts};
pub use token::SessionToken;
