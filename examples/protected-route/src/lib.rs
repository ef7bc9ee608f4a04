//! `GET /example`: a route of yours, behind the authorizer.

use serde_json::{Value, json};

/// Greets the member. The gateway calls this only for requests that the authorizer let through, and puts the
/// authorizer's word on whose they are into the event.
pub fn answer(event: &Value) -> Value {
    let member_id = &event["requestContext"]["authorizer"]["lambda"]["memberId"];
    json!({
        "statusCode": 200,
        "headers": { "cache-control": "no-store", "content-type": "application/json" },
        "body": json!({ "hello": member_id }).to_string(),
    })
}
