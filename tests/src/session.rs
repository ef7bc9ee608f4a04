//! Starting sessions without logins, for tests that need many sessions and no password check.

use crate::app::TestApp;
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

    /// Moves the last use of the member's sessions back in time.
    pub async fn age_sessions(&self, member: u64, by: Duration) {
        let database = self.database();
        let of_member =
            database.query().table_name("SessionsTable").key_condition_expression("member_id = :id");
        let id = AttributeValue::N(member.to_string());
        let found = of_member.expression_attribute_values(":id", id).send().await.expect("a database");
        for item in found.items() {
            let seen_at = AttributeValue::N((self.now().as_secs() - by.as_secs()).to_string());
            let update = database.update_item().table_name("SessionsTable");
            let update =
                update.key("member_id", item["member_id"].clone()).key("session", item["session"].clone());
            let update = update.update_expression("SET last_seen_at = :seen_at");
            update.expression_attribute_values(":seen_at", seen_at).send().await.expect("a database");
        }
    }

    /// Deletes the member's epoch, which the API never does.
    pub async fn delete_epoch(&self, member: u64) {
        let delete = self.database().delete_item().table_name("EpochsTable");
        delete.key("member_id", AttributeValue::N(member.to_string())).send().await.expect("a database");
    }

    /// The number of the member's live sessions.
    pub async fn count_sessions(&self, member: u64) -> usize {
        let member = MemberId::new(member).expect("a member id");
        let sessions = self.sessions().list(member, self.now()).await.expect("a database");
        sessions.try_collect::<Vec<_>>().await.expect("a database").len()
    }
}
