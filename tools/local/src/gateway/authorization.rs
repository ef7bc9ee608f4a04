//! Calls the authorizer in front of a protected route, as the gateway does.

use crate::gateway::GatewayError;
use authorizer::Authorizer;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use shared::timestamp::Timestamp;

/// The route's event with the authorizer's context, or the gateway's error.
pub(crate) async fn authorize(
    authorizer: &Authorizer,
    mut event: Value,
    now: Timestamp,
) -> Result<Value, GatewayError> {
    let request = authorizer_request(&event).ok_or(GatewayError::Unauthorized)?;
    let request = to_raw_value(&request).expect("a JSON value is JSON");
    let decision = authorizer.decide(&request, now).await.map_err(|_| GatewayError::InternalServerError)?;
    let decision = serde_json::to_value(decision).expect("a decision is JSON");
    if decision["isAuthorized"] == json!(true) {
        event["requestContext"]["authorizer"] = json!({ "lambda": decision["context"] });
        Ok(event)
    } else {
        Err(GatewayError::Forbidden)
    }
}

/// The authorizer's event for the event of a route. It has no body, but the headers and cookies. Without a
/// cookie the authorizer is not called, as on AWS.
fn authorizer_request(event: &Value) -> Option<Value> {
    let cookies = event.get("cookies")?.as_array()?.iter().filter_map(Value::as_str);
    let mut request = event.clone();
    let members = request.as_object_mut()?;
    members.retain(|name, _| !matches!(name.as_str(), "body" | "isBase64Encoded"));
    request["type"] = json!("REQUEST");
    request["routeArn"] = json!(route_arn(event));
    request["identitySource"] = json!([cookies.collect::<Vec<_>>().join("; ")]);
    Some(request)
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
    fn the_authorizer_gets_the_request_that_the_gateway_sends() {
        let event = json!({
            "version": "2.0",
            "rawPath": "/example",
            "cookies": ["a=1", "b=2"],
            "requestContext": { "http": { "method": "GET" } },
            "body": "x",
            "isBase64Encoded": false,
        });
        let request = authorizer_request(&event).unwrap();
        assert_eq!(
            request,
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
