//! The events of the functions, and the items in `DynamoDB`: a member with a session.

use crate::canned_dynamodb::Items;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::keys::SigningKey;
use shared::members::MemberId;
use shared::sessions::SessionToken;
use shared::timestamp::Timestamp;
use std::time::Duration;

/// A key ring with one key, and a session whose cookie that key signed.
pub(crate) struct Fixtures {
    key: SigningKey,
    cookie: String,
    password_hash: String,
    quick_hash: String,
    now: Timestamp,
}

/// The email of the member whose hash has cost 10, the lowest allowed. The other member's hash has the deployed cost,
/// 12.
const QUICK_MEMBER: &str = "quick@tozo.invalid";

/// How far in the future the session was last used, so that no request has to record its use.
pub(crate) const SEEN_AHEAD_SECONDS: u64 = 3000;

impl Fixtures {
    /// Generates fixtures for the current time, because the functions read the clock.
    pub(crate) fn generate() -> Self {
        let now = Timestamp::now();
        let key = SigningKey::generate(now);
        let set_cookie = SessionToken::generate(MemberId::new(1).expect("a number")).set_cookie(&key, None);
        let set_cookie = set_cookie.to_str().expect("a cookie is text");
        let cookie = set_cookie.split(';').next().unwrap_or_default().to_owned();
        let hash = |cost| bcrypt::hash("password", cost).expect("a cost of bcrypt's");
        Self { key, cookie, password_hash: hash(12), quick_hash: hash(10), now }
    }

    /// The items of the tables. The programs in Node and Python use the same tables with some additional attributes.
    /// Every `tat` is in the past, so every bucket is full.
    pub(crate) fn items(&self) -> Items {
        let now = self.now.as_secs();
        let ring = json!({ "ring": { "S": "sessions" }, "current": wire(&self.key.to_attribute()),
            "signs_until": number((self.now + Duration::from_hours(24)).as_micros()) });
        let far = (now + 86400).to_string(); // no session or bucket expires, and no use has to be recorded
        vec![
            (QUICK_MEMBER, member(&self.quick_hash)),
            ("MembersTable", member(&self.password_hash)),
            ("SigningKeysTable", ring),
            (
                "RateLimitsTable",
                json!({ "tat": number(1), "points": number(1), "key": { "S": "it" }, "expire": { "N": far } }),
            ),
            (
                "SessionsTable",
                json!({ "member_id": number(1), "session": { "B": STANDARD.encode([0; 32]) }, "created_at": number(now), "last_seen_at": number(now + SEEN_AHEAD_SECONDS),
                    "remember": { "BOOL": false }, "epoch": number(1), "expires_at": { "N": far } }),
            ),
            ("EpochsTable", json!({ "member_id": number(1), "epoch": number(1) })),
        ]
    }

    /// `GET /sessions/` with the session.
    pub(crate) fn status(&self) -> String {
        self.with_cookie(include_str!("../../../events/status.json"))
    }

    /// An authorizer's event with the session.
    pub(crate) fn authorizer(&self) -> String {
        self.with_cookie(include_str!("../../../events/authorizer.json"))
    }

    /// `DELETE /sessions/` with the session.
    pub(crate) fn logout(&self) -> String {
        self.with_cookie(include_str!("../../../events/logout.json"))
    }

    /// `DELETE /sessions/` without a session.
    pub(crate) fn logout_without_cookie(&self) -> String {
        let mut event = parse(&self.logout());
        event["cookies"] = json!([]);
        event.to_string()
    }

    /// `POST /sessions/` with email and password.
    #[expect(clippy::unused_self, reason = "a method like the others")]
    pub(crate) fn login(&self) -> String {
        parse(include_str!("../../../events/login.json")).to_string()
    }

    /// `POST /sessions/` for the member whose hash has cost 10.
    pub(crate) fn quick_login(&self) -> String {
        let mut event = parse(&self.login());
        event["body"] = json!(json!({ "email": QUICK_MEMBER, "password": "password" }).to_string());
        event.to_string()
    }

    /// The hash of `password` at the deployed cost.
    pub(crate) fn password_hash(&self) -> &str {
        &self.password_hash
    }

    fn with_cookie(&self, event: &str) -> String {
        let mut event = parse(event);
        event["cookies"] = json!([self.cookie]);
        if event.get("identitySource").is_some() {
            event["identitySource"] = json!([self.cookie]);
        }
        event.to_string()
    }
}

fn member(password_hash: &str) -> Value {
    json!({
        "email": { "S": "test@tozo.invalid" },
        "member_id": number(1),
        "password_hash": { "S": password_hash },
        "generation": number(1),
        "disabled": { "BOOL": false },
        "created_at": number(1),
    })
}

fn parse(event: &str) -> Value {
    serde_json::from_str(event).expect("events/*.json are JSON")
}

fn number(number: u64) -> Value {
    json!({ "N": number.to_string() })
}

/// The JSON form of a `DynamoDB` value. The attribute of a signing key contains only these types.
fn wire(attribute: &AttributeValue) -> Value {
    match attribute {
        AttributeValue::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::M(map) => {
            let map: serde_json::Map<_, _> = map.iter().map(|(name, it)| (name.clone(), wire(it))).collect();
            json!({ "M": map })
        }
        other => panic!("a signing key with {other:?}"),
    }
}
