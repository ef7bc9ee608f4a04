//! Members: their emails, passwords, ids and epochs, and their tables.

mod change;
mod email;
mod epoch;
mod epochs;
mod generation;
mod ids;
mod invisible;
mod known_words;
mod member;
mod member_ref;
mod password;
mod password_policy;
mod table;

pub(crate) use change::{Change, Effect};
pub use email::{Email, InvalidEmail};
pub use epoch::{Epoch, EpochLookup};
pub use epochs::Epochs;
pub use generation::Generation;
pub use invisible::is_invisible;
pub use member::{Member, MemberId, MemberLookup};
pub use member_ref::MemberRef;
pub use password::{
    Cost, LONGEST_PASSWORD_BYTES, MalformedHash, Password, PasswordHash, PasswordHasher, UnhashablePassword,
};
pub use password_policy::{Feedback, PasswordPolicy, RefusedPassword};
pub(crate) use table::Move;
pub use table::{Addition, BackedUpMember, Members, Restoration, RestoreRules};
