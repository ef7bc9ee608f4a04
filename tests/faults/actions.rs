//! The actions of the members function, and the check of their outcome after a fault.

use crate::case::{PASSWORD, Scene};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shared::store::Item;

/// An action on one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Add,
    SetPassword,
    ChangePassword,
    SetEmail,
    Sessions,
    EndSession,
    EndSessions,
    Disable,
    Enable,
    Remove,
}

/// A password that the policy accepts.
const ANOTHER: &str = "quiet-lantern-408";

impl Action {
    pub(crate) fn request(self, scene: &Scene) -> Value {
        let id = scene.member;
        match self {
            Self::Add => json!({"action": "add", "email": scene.new_email(), "password": ANOTHER}),
            Self::SetPassword => json!({"action": "setPassword", "memberId": id, "password": ANOTHER}),
            Self::ChangePassword => {
                json!({"action": "setPassword", "memberId": id, "password": ANOTHER, "currentPassword": PASSWORD})
            }
            Self::SetEmail => json!({"action": "setEmail", "memberId": id, "email": scene.new_email()}),
            Self::Sessions => json!({"action": "sessions", "memberId": id}),
            Self::EndSession => json!({"action": "endSession", "memberId": id, "id": scene.listed}),
            Self::EndSessions => json!({"action": "endSessions", "memberId": id}),
            Self::Disable => json!({"action": "disable", "memberId": id}),
            Self::Enable => json!({"action": "enable", "memberId": id}),
            Self::Remove => json!({"action": "remove", "memberId": id}),
        }
    }

    /// The error that a repeated request returns if the first request took effect.
    pub(crate) const fn repeated(self) -> Option<&'static str> {
        match self {
            Self::Add => Some("EMAIL_TAKEN"),
            Self::Remove => Some("NO_SUCH_MEMBER"),
            _ => None,
        }
    }

    /// Whether the action is done. Panics if the action is half done.
    pub(crate) async fn is_done(self, scene: &Scene) -> bool {
        let [old, new] = [scene.item(&scene.email).await, scene.item(&scene.new_email()).await];
        scene.check_generation(old.as_ref().or(new.as_ref())).await;
        let is_over = scene.app.client().with_cookie(&scene.session).status().await.status == 401;
        let disabled = old.as_ref().is_some_and(|item| item["disabled"] == AttributeValue::Bool(true));
        let parts = match self {
            Self::Add => return new.is_some(),
            Self::SetEmail => [old.is_none(), new.is_some()],
            Self::SetPassword | Self::ChangePassword => {
                let hash = scene.app.get(&scene.email).await.password_hash().cloned();
                [hash != scene.hash, is_over]
            }
            Self::Sessions => return true,
            Self::EndSession | Self::EndSessions => return is_over,
            Self::Disable => [disabled, is_over],
            Self::Enable => return !disabled,
            Self::Remove => [old.is_none(), is_over],
        };
        assert_eq!(parts[0], parts[1], "{self:?} is half done");
        parts[0]
    }
}

impl Scene {
    fn new_email(&self) -> String {
        format!("new-{}", self.email)
    }

    async fn item(&self, email: &str) -> Option<Item> {
        let get = self.app.database().get_item().table_name("MembersTable").consistent_read(true);
        get.key("email", AttributeValue::S(email.to_owned())).send().await.unwrap().item
    }

    /// Checks that the member and its epoch were written together.
    async fn check_generation(&self, member: Option<&Item>) {
        let get = self.app.database().get_item().table_name("EpochsTable").consistent_read(true);
        let id = AttributeValue::N(self.member.to_string());
        let epoch = get.key("member_id", id).send().await.unwrap().item.unwrap();
        match member {
            Some(member) => assert_eq!(member["generation"], epoch["generation"]),
            None => assert!(epoch.contains_key("removed_at")),
        }
    }
}
