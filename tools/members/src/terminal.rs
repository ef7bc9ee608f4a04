//! The terminal of the operator: what is asked, and what is printed.

pub(crate) mod interrupt;
pub(crate) mod new_password;
pub(crate) mod output;
pub(crate) mod record;
