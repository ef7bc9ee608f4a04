//! What an operator does to a member, after which no session of before lives.

use shared::email::Email;
use shared::members::Members;
use shared::password::PasswordHash;
use shared::sessions::Sessions;

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
    pub(crate) async fn make(self, email: &Email, members: &Members, sessions: &Sessions) {
        let is_made = match self {
            Self::SetPassword => members.set_password(email, &another_hash(), sessions).await,
            Self::Disable => members.disable(email, sessions).await,
            Self::Remove => members.remove(email, sessions).await,
            Self::EndSessions => members.end_sessions(email, sessions).await,
        };
        assert!(is_made.unwrap(), "{self:?}");
    }
}

/// Of no password that is known.
fn another_hash() -> PasswordHash {
    "$2b$10$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u".parse().unwrap()
}
