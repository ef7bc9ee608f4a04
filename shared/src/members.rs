//! Members: their emails, passwords, numbers, and their table.

mod email;
mod member;
mod numbers;
mod password;
mod table;

pub use email::{Email, InvalidEmail};
pub use member::{Member, MemberId};
pub use numbers::{MemberIds, ReservedId, ReservedIds};
pub use password::{
    Cost, LONGEST_PASSWORD_BYTES, MalformedHash, Password, PasswordHash, PasswordHasher, UnhashablePassword,
};
pub use table::Members;
