//! What an operator does to a member, after which no session of before lives.

use shared::accounts::Accounts;
use shared::members::{Email, PasswordHash};

/// What is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    SetPassword,
    Disable,
    Remove,
    EndSessions,
}

impl Change {
    pub(crate) const ALL: [Self; 4] = [Self::SetPassword, Self::Disable, Self::Remove, Self::EndSessions];

    /// Does it.
    pub(crate) async fn make(self, email: &Email, accounts: &Accounts) {
        let is_made = match self {
            Self::SetPassword => accounts.set_password(email, &another_hash()).await,
            Self::Disable => accounts.disable(email).await,
            Self::Remove => accounts.remove(email).await,
            Self::EndSessions => accounts.end_sessions(email).await,
        };
        assert!(is_made.unwrap(), "{self:?}");
    }
}

/// Of no password that is known.
fn another_hash() -> PasswordHash {
    "$2b$10$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u".parse().unwrap()
}
