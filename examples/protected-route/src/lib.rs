//! `GET /example`: your own route, behind the authorizer.

use serde_json::{Value, json};

/// Greets the member. The gateway calls this function only for requests that the authorizer admitted. The gateway adds
/// the authorizer's member id to the event.
pub fn answer(event: &Value) -> Value {
    let member_id = &event["requestContext"]["authorizer"]["lambda"]["memberId"];
    json!({
        "statusCode": 200,
        "headers": { "cache-control": "no-store", "content-type": "application/json" },
        "body": json!({ "hello": member_id }).to_string(),
    })
}
