//! What the gateway does before a protected route: it asks the authorizer.

use crate::gateway::Refusal;
use authorizer::Authorizer;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use shared::timestamp::Timestamp;

/// The route's event with the authorizer's context, or the gateway's refusal.
pub(crate) async fn authorize(
    authorizer: &Authorizer,
    mut event: Value,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let question = question(&event).ok_or(Refusal::Unauthorized)?;
    let question = to_raw_value(&question).expect("a JSON value is JSON");
    let decision = authorizer.decide(&question, now).await.map_err(|_| Refusal::InternalServerError)?;
    let decision = serde_json::to_value(decision).expect("a decision is JSON");
    if decision["isAuthorized"] == json!(true) {
        event["requestContext"]["authorizer"] = json!({ "lambda": decision["context"] });
        Ok(event)
    } else {
        Err(Refusal::Forbidden)
    }
}

/// The authorizer's event for the event of a route. It has no body, but the headers and cookies. Without a
/// cookie the authorizer is not asked, as on AWS.
fn question(event: &Value) -> Option<Value> {
    let cookies = event.get("cookies")?.as_array()?.iter().filter_map(Value::as_str);
    let mut question = event.clone();
    let members = question.as_object_mut()?;
    members.retain(|name, _| !matches!(name.as_str(), "body" | "isBase64Encoded"));
    question["type"] = json!("REQUEST");
    question["routeArn"] = json!(route_arn(event));
    question["identitySource"] = json!([cookies.collect::<Vec<_>>().join("; ")]);
    Some(question)
}

fn route_arn(event: &Value) -> String {
    let text = |pointer| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (method, path) = (text("/requestContext/http/method"), text("/rawPath"));
    format!("arn:aws:execute-api:local:000000000000:local/$default/{method}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authorizer_is_asked_as_the_gateway_asks() {
        let event = json!({
            "version": "2.0",
            "rawPath": "/example",
            "cookies": ["a=1", "b=2"],
            "requestContext": { "http": { "method": "GET" } },
            "body": "x",
            "isBase64Encoded": false,
        });
        let question = question(&event).unwrap();
        assert_eq!(
            question,
            json!({
                "version": "2.0",
                "type": "REQUEST",
                "routeArn": "arn:aws:execute-api:local:000000000000:local/$default/GET/example",
                "identitySource": ["a=1; b=2"],
                "rawPath": "/example",
                "cookies": ["a=1", "b=2"],
                "requestContext": { "http": { "method": "GET" } },
            })
        );
    }
}
