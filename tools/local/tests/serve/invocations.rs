//! Lambda's Invoke API, over real sockets.

use crate::http::{Answer, send};
use crate::start;
use local::Server;

const PATH: &str = "POST /2015-03-31/functions/members/invocations";
const SIGNED: &str = "Authorization: AWS4-HMAC-SHA256 \
                      Credential=local/20261128/us-east-1/lambda/aws4_request, SignedHeaders=host, \
                      Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const FIND: &str = r#"{"action":"find","memberId":1}"#;

fn refusal(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.header("x-amzn-errortype"))
}

async fn invoke(server: &Server, headers: &[&str], payload: &str) -> Answer {
    send(server, PATH, headers, payload).await
}

#[tokio::test]
async fn a_signed_invocation_is_answered_under_each_name_of_a_function() {
    let server = start().await;
    for name in [
        "members",
        "members-function",
        "members%3Alive",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Asession-api-MembersFunction-1A2B3C%3Alive",
    ] {
        let target = format!("POST /2015-03-31/functions/{name}/invocations");
        let answer = send(&server, &target, &[SIGNED], FIND).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        assert!(answer.body.starts_with(r#"{"memberId":1,"#), "{}", answer.status);
        assert_eq!(answer.header("x-amzn-requestid").len(), 36);
    }
    let refused = invoke(&server, &[SIGNED], r#"{"action":"find"}"#).await;
    assert_eq!(refused.status, 200, "an error of the function is an answer");
    assert!(refused.body.starts_with(r#"{"error":"INVALID_REQUEST""#), "{}", refused.body);
    let decision = send(&server, &PATH.replace("members", "authorizer"), &[SIGNED], "{}").await;
    assert_eq!((decision.status, decision.body.as_str()), (200, r#"{"isAuthorized":false}"#));
}

#[tokio::test]
async fn a_page_cannot_invoke_the_function() {
    let server = start().await;
    let own = format!("Origin: {}", server.url());
    for origin in
        [own.as_str(), "Origin: null", "Origin: https://elsewhere.example", "Sec-Fetch-Site: same-origin"]
    {
        let refused = invoke(&server, &[SIGNED, origin], FIND).await;
        assert_eq!(refusal(&refused), (403, "AccessDeniedException"), "{origin}");
    }
    let preflight = ["Origin: https://elsewhere.example", "Access-Control-Request-Method: POST"];
    let refused = send(&server, &PATH.replace("POST", "OPTIONS"), &preflight, "").await;
    assert_eq!(refused.status, 403);
    assert!(refused.headers("access-control-allow-origin").is_empty());
    let unsigned = invoke(&server, &[], FIND).await;
    assert_eq!(refusal(&unsigned), (403, "MissingAuthenticationTokenException"));
}

#[tokio::test]
async fn an_invocation_that_lambda_refuses_is_refused_in_the_same_way() {
    let server = start().await;
    let not_json = invoke(&server, &[SIGNED], "{").await;
    assert_eq!(refusal(&not_json), (400, "InvalidRequestContentException"));
    let event = invoke(&server, &[SIGNED, "X-Amz-Invocation-Type: Event"], FIND).await;
    assert_eq!(refusal(&event), (400, "InvalidParameterValueException"));
    for target in [PATH.replace("POST", "GET"), PATH.replace("members", "login")] {
        let missing = send(&server, &target, &[SIGNED], FIND).await;
        assert_eq!(refusal(&missing), (404, "ResourceNotFoundException"), "{target}");
    }
}
