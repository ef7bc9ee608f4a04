//! Members: their emails, passwords, numbers and epochs, and their tables.

mod email;
mod epochs;
mod key;
mod member;
mod numbers;
mod password;
mod password_policy;
mod table;

pub use email::{Email, InvalidEmail};
pub use epochs::{Epoch, Epochs};
pub use key::MemberKey;
pub use member::{Member, MemberId};
pub use password::{
    Cost, LONGEST_PASSWORD_BYTES, MalformedHash, Password, PasswordHash, PasswordHasher, UnhashablePassword,
};
pub use password_policy::{Feedback, PasswordPolicy, RefusedPassword};
pub use table::{Addition, Members, Move};
