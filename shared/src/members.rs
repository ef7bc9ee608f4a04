//! Members: their emails, passwords, numbers and epochs, and their tables.

mod email;
mod epochs;
mod ids;
mod member;
mod member_ref;
mod password;
mod password_policy;
mod table;

pub use email::{Email, InvalidEmail};
pub use epochs::{Epoch, Epochs};
pub use member::{Member, MemberId, MemberLookup};
pub use member_ref::MemberRef;
pub use password::{
    Cost, LONGEST_PASSWORD_BYTES, MalformedHash, Password, PasswordHash, PasswordHasher, UnhashablePassword,
};
pub use password_policy::{Feedback, PasswordPolicy, RefusedPassword};
pub use table::{Addition, Members, Move};
