//! Sessions: their tokens, their timeouts and their table.

mod session;
mod table;
mod timeouts;
mod token;

pub use session::{MalformedSessionHash, Session, SessionHash, SessionLookup};
pub use table::{NewSession, SessionPage, SessionStart, Sessions};
pub use timeouts::{SessionTimeouts, Timeouts};
pub use token::SessionToken;
