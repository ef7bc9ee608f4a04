//! Items of the tables, as `DynamoDB` sends them.

use crate::NOW;
use crate::wire::{block_on, dynamodb, environment, respond_with};
use serde_json::Value;
use shared::keys::{KeyRing, RingName};
use shared::members::{Email, Epochs, MemberId, Members};
use shared::sessions::{SessionTimeouts, SessionToken, Sessions};
use std::sync::LazyLock;

/// Makes the next calls read the bytes as an item.
fn store(bytes: &[u8]) {
    respond_with(format!("{{\"Item\":{}}}", String::from_utf8_lossy(bytes)));
}

/// The item that another JSON reader finds in the bytes, if the bytes are JSON. The SDK's reader accepts more, such as
/// a lone surrogate in a value that it skips.
fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

fn number(item: &Value, name: &str) -> Option<u64> {
    item[name]["N"].as_str()?.parse().ok()
}

/// Reads bytes as a session of a member whose epoch is 1. A live session has all attributes of the right types, is
/// within its timeouts, and has that epoch.
pub(crate) fn session_item(bytes: &[u8]) {
    static SESSIONS: LazyLock<(Sessions, SessionToken)> = LazyLock::new(|| {
        let timeouts = SessionTimeouts::from_env(&environment()).expect("defaults");
        let epochs = Epochs::new(dynamodb(), "epochs".into());
        let sessions = Sessions::new(dynamodb(), "sessions".into(), epochs, timeouts);
        (sessions, SessionToken::generate(MemberId::new(1).expect("a number")))
    });
    let epoch = r#"[{"epoch":{"N":"1"}}]"#;
    let session = String::from_utf8_lossy(bytes);
    respond_with(format!(r#"{{"Responses":{{"sessions":[{session}],"epochs":{epoch}}}}}"#));
    let (sessions, token) = &*SESSIONS;
    let Ok(found) = block_on(sessions.get(*token, NOW)) else { return };
    if let (Some(_), Some(item)) = (found.live(), json(bytes)) {
        let (created_at, last_seen_at) = (number(&item, "created_at"), number(&item, "last_seen_at"));
        assert_eq!(number(&item, "epoch"), Some(1));
        let remember = item["remember"]["BOOL"].as_bool().expect("a flag");
        let (idle, lifetime) = if remember { (2_592_000, 2_592_000) } else { (3600, 86400) };
        let now = NOW.as_secs();
        assert!(created_at.expect("a number").saturating_add(lifetime) > now);
        assert!(last_seen_at.expect("a number").saturating_add(idle) > now);
    }
}

/// Reads bytes as a member. A member that is found has an id and a generation. It has a hash only if the item has
/// one and the member is not disabled.
pub(crate) fn member_item(bytes: &[u8]) {
    static MEMBERS: LazyLock<(Members, Email)> = LazyLock::new(|| {
        let epochs = Epochs::new(dynamodb(), "epochs".into());
        let members = Members::new(dynamodb(), "members".into(), epochs);
        (members, Email::parse("a@b.test").expect("an email"))
    });
    store(bytes);
    let (members, email) = &*MEMBERS;
    let Ok(Some(member)) = block_on(members.get(email)) else { return };
    let Some(item) = json(bytes) else { return };
    assert_eq!(number(&item, "member_id"), Some(member.id().get()));
    assert!(number(&item, "generation").is_some());
    if let Some(hash) = member.password_hash() {
        assert_eq!(item["password_hash"]["S"].as_str(), Some(hash.as_str()));
        assert!(item.get("disabled").is_none_or(|it| it["BOOL"] == false || it.is_null()));
    }
}

/// Reads bytes as a key ring. A key that is found has the requested id and a secret of full length.
pub(crate) fn key_ring(bytes: &[u8]) {
    store(bytes);
    let keys = KeyRing::new(dynamodb(), "keys".into(), RingName::Sessions);
    let Ok(Some(key)) = block_on(keys.get([0; 6], NOW)) else { return };
    assert_eq!(key.id(), [0; 6]);
    let Some(item) = json(bytes) else { return };
    let whole = |name: &str| item[name]["M"]["secret"]["B"].as_str().is_some_and(|it| it.len() >= 43);
    assert!(whole("current") || whole("previous"));
}
