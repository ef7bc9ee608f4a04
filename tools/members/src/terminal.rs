//! The operator's terminal: questions and output.

pub(crate) mod interrupt;
pub(crate) mod new_password;
pub(crate) mod output;
pub(crate) mod record;
