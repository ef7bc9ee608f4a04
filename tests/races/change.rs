//! Actions of an operator that revoke a member's sessions.

use shared::accounts::{Accounts, PasswordChange, PasswordDecision};
use shared::members::{Email, PasswordHash};
use shared::timestamp::Timestamp;

/// An action.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    SetPassword,
    ReplacePassword,
    Disable,
    DisableAndEnable,
    Remove,
    EndSessions,
}

impl Change {
    /// Those after which no login with the old password succeeds.
    pub(crate) const OF_THE_MEMBER: [Self; 5] =
        [Self::SetPassword, Self::ReplacePassword, Self::Disable, Self::DisableAndEnable, Self::Remove];

    /// Does the action.
    pub(crate) async fn make(self, email: &Email, accounts: &Accounts, now: Timestamp) {
        let member = accounts.get(email).await.unwrap().unwrap();
        let is_made = match self {
            Self::SetPassword => accounts.set_password(&member, &another_hash(), now).await.unwrap(),
            // By a member who knows the current one.
            Self::ReplacePassword => {
                let decide = |_| async { PasswordDecision::Set(another_hash()) };
                accounts.change_password(&member, decide, now).await.unwrap() == PasswordChange::Changed
            }
            Self::Disable => accounts.disable(&member, now).await.unwrap(),
            Self::DisableAndEnable => {
                accounts.disable(&member, now).await.unwrap()
                    && accounts.enable(&accounts.get(email).await.unwrap().unwrap()).await.unwrap()
            }
            Self::Remove => accounts.remove(&member, now).await.is_ok(),
            Self::EndSessions => accounts.revoke_sessions(&member, now).await.is_ok(),
        };
        assert!(is_made, "{self:?}");
    }
}

/// A hash of a password that the tests do not use.
fn another_hash() -> PasswordHash {
    "$2b$10$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u".parse().unwrap()
}
