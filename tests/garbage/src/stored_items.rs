//! Items of the tables, as the wire brings them.

use crate::NOW;
use crate::wire::{Wire, block_on, environment};
use serde_json::Value;
use shared::email::Email;
use shared::lifespan::Lifespans;
use shared::member::MemberId;
use shared::members::Members;
use shared::session_token::SessionToken;
use shared::sessions::Sessions;
use shared::signing_keys::{Ring, SigningKeys};
use std::sync::LazyLock;

static WIRE: LazyLock<Wire> = LazyLock::new(Wire::default);

/// Makes the bytes the item that the next calls read; its JSON, where it is some.
fn store(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    WIRE.answers(format!("{{\"Item\":{text}}}"));
    Some(serde_json::from_str(text).unwrap_or_default())
}

fn number(item: &Value, name: &str) -> Option<u64> {
    item[name]["N"].as_str()?.parse().ok()
}

/// Reads bytes as a session. A live one has all its attributes, of their types, and is within its time.
pub fn session_item(bytes: &[u8]) {
    static SESSIONS: LazyLock<(Sessions, SessionToken)> = LazyLock::new(|| {
        let lifespans = Lifespans::from_environment(&environment()).expect("defaults");
        let sessions = Sessions::new(WIRE.client(), "sessions".into(), lifespans);
        (sessions, SessionToken::generate(MemberId::new(1)))
    });
    let Some(item) = store(bytes) else { return };
    let (sessions, token) = &*SESSIONS;
    let Ok(found) = block_on(sessions.find(*token, NOW)) else { return };
    if found.live().is_some() {
        let (created_at, last_seen_at) = (number(&item, "created_at"), number(&item, "last_seen_at"));
        let remember = item["remember"]["BOOL"].as_bool().expect("a flag");
        let (idle, lifetime) = if remember { (2_592_000, 2_592_000) } else { (3600, 86400) };
        let now = NOW.as_secs();
        assert!(created_at.expect("a number").saturating_add(lifetime) > now);
        assert!(last_seen_at.expect("a number").saturating_add(idle) > now);
    }
}

/// Reads bytes as a member. One who is found has a number and a generation, and a hash only where there is
/// one and nothing says that the member is disabled.
pub fn member_item(bytes: &[u8]) {
    static MEMBERS: LazyLock<(Members, Email)> = LazyLock::new(|| {
        (Members::new(WIRE.client(), "members".into()), Email::parse("a@b.test").expect("an email"))
    });
    let Some(item) = store(bytes) else { return };
    let (members, email) = &*MEMBERS;
    let Ok(Some(member)) = block_on(members.find(email)) else { return };
    assert_eq!(number(&item, "member_id"), Some(member.id().get()));
    assert!(number(&item, "generation").is_some());
    if let Some(hash) = member.password_hash() {
        assert_eq!(item["password_hash"]["S"].as_str(), Some(hash.as_str()));
        assert!(item.get("disabled").is_none_or(|it| it["BOOL"] == false || it.is_null()));
    }
}

/// Reads bytes as a key ring. A key that is found has the name that was asked for, and a whole secret.
pub fn key_ring(bytes: &[u8]) {
    let Some(item) = store(bytes) else { return };
    let keys = SigningKeys::new(WIRE.client(), "keys".into(), Ring::SESSIONS);
    let Ok(Some(key)) = block_on(keys.find([0; 6], NOW)) else { return };
    assert_eq!(key.id(), [0; 6]);
    let whole = |name: &str| item[name]["M"]["secret"]["B"].as_str().is_some_and(|it| it.len() >= 43);
    assert!(whole("current") || whole("previous"));
}
