//! Conditions that several tables and transactions share.

/// The condition that no item has this `email` yet.
pub const EMAIL_IS_FREE: &str = "attribute_not_exists(email)";
