//! Actions that end logins or sessions of a member.

use shared::accounts::{Accounts, EmailChange, PasswordChange, PasswordDecision};
use shared::members::{Email, PasswordHash};
use shared::timestamp::Timestamp;

/// An action that ends a member's sessions, or logins in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    SetPassword,
    ReplacePassword,
    Disable,
    DisableAndEnable,
    Remove,
    EndSessions,
    SetEmail,
}

impl Change {
    /// The actions after which no login with the old password succeeds.
    pub(crate) const OF_THE_MEMBER: [Self; 5] =
        [Self::SetPassword, Self::ReplacePassword, Self::Disable, Self::DisableAndEnable, Self::Remove];

    /// Applies the action to the member with this email.
    pub(crate) async fn apply(self, email: &Email, accounts: &Accounts, now: Timestamp) {
        let member = accounts.get(email).await.unwrap().unwrap();
        let is_done = match self {
            Self::SetPassword => accounts.set_password(&member, &another_hash(), now).await.unwrap(),
            // The member submits the current password.
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
            Self::SetEmail => {
                let new = Email::parse(&format!("new-{}", email.as_str())).unwrap();
                accounts.set_email(&member, &new).await.unwrap() == EmailChange::Changed
            }
        };
        assert!(is_done, "{self:?}");
    }
}

/// A hash of a password that the tests do not use.
fn another_hash() -> PasswordHash {
    "$2b$10$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u".parse().unwrap()
}
