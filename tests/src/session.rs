//! Starting sessions without logins, for tests that need many sessions and no password check.

use crate::app::TestApp;
use crate::items::with;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::TryStreamExt;
use shared::keys::{KeyRing, RingName};
use shared::members::MemberId;
use shared::sessions::{NewSession, SessionStart};
use std::time::Duration;

impl TestApp {
    /// Starts a session of the member, as a login does, and returns the value of its cookie.
    pub async fn session_of(&self, email: &str) -> String {
        let accounts = self.accounts();
        let (members, sessions) = (accounts.members(), accounts.sessions());
        let member = self.get(email).await;
        let epoch = sessions.epochs().get(Some(member.id())).await.expect("a database");
        let epoch = epoch.found().expect("an epoch");
        let login = NewSession { member: &member, epoch, remember: false, replaced: None };
        let started = sessions.start(members, login, self.now()).await;
        let keys = KeyRing::new(self.database(), "SigningKeysTable".into(), RingName::Sessions)
            .rotating(Duration::MAX);
        let key = keys.current(self.now()).await.expect("a key");
        let Ok(SessionStart::Started(token)) = started else { panic!("the member was changed") };
        let cookie = token.set_cookie(&key, None);
        let cookie = cookie.to_str().expect("header text");
        cookie.split(['=', ';']).nth(1).expect("a value").to_owned()
    }

    /// Sets the last use of the member's sessions to the time `by` before now.
    pub async fn age_sessions(&self, member: u64, by: Duration) {
        let [id, seen_at] = [member, self.now().as_secs() - by.as_secs()];
        let [id, seen_at] = [id, seen_at].map(|number| AttributeValue::N(number.to_string()));
        for item in self.items("SessionsTable").await.iter().filter(|item| item["member_id"] == id) {
            self.put("SessionsTable", &with(item, "last_seen_at", Some(seen_at.clone()))).await;
        }
    }

    /// Deletes the member's epoch, which the API never does.
    pub async fn delete_epoch(&self, member: u64) {
        self.delete("EpochsTable", "member_id", AttributeValue::N(member.to_string())).await;
    }

    /// The number of the member's live sessions.
    pub async fn count_sessions(&self, member: u64) -> usize {
        let member = MemberId::new(member).expect("a member id");
        let sessions = self.sessions().list(member, self.now()).await.expect("a database");
        sessions.try_collect::<Vec<_>>().await.expect("a database").len()
    }
}
