//! Lambda's Invoke API, over real sockets.

use crate::http::{Response, send};
use crate::start;
use local::Server;

const PATH: &str = "POST /2015-03-31/functions/members/invocations";
const SIGNED: &str = "Authorization: AWS4-HMAC-SHA256 \
                      Credential=local/20261128/us-east-1/lambda/aws4_request, SignedHeaders=host, \
                      Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const FIND: &str = r#"{"action":"find","memberId":1}"#;

fn refusal(response: &Response) -> (u16, &str) {
    (response.status, response.header("x-amzn-errortype"))
}

async fn invoke(server: &Server, headers: &[&str], payload: &str) -> Response {
    send(server, PATH, headers, payload).await
}

#[tokio::test]
async fn a_function_can_be_invoked_by_each_of_its_names() {
    let server = start().await;
    for name in ["members", "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Amembers%3Alive"] {
        let target = format!("POST /2015-03-31/functions/{name}/invocations");
        let response = send(&server, &target, &[SIGNED], FIND).await;
        assert_eq!((response.status, response.header("content-type")), (200, "application/json"));
        assert!(response.body.starts_with(r#"{"memberId":1,"#), "{}", response.status);
        assert_eq!(response.header("x-amzn-requestid").len(), 36);
    }
    let refused = invoke(&server, &[SIGNED], r#"{"action":"find"}"#).await;
    assert_eq!(refused.status, 200, "an error of the function is a response");
    assert!(refused.body.starts_with(r#"{"error":"INVALID_REQUEST""#), "{}", refused.body);
    let decision = send(&server, &PATH.replace("members", "authorizer"), &[SIGNED], "{}").await;
    assert_eq!((decision.status, decision.body.as_str()), (200, r#"{"isAuthorized":false}"#));
}

#[tokio::test]
async fn a_page_cannot_invoke_the_function() {
    let server = start().await;
    let refused = invoke(&server, &[SIGNED, "Sec-Fetch-Site: same-origin"], FIND).await;
    assert_eq!(refusal(&refused), (403, "AccessDeniedException"));
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
    for target in [PATH.replace("POST", "GET"), PATH.replace("members", "login")] {
        let missing = send(&server, &target, &[SIGNED], FIND).await;
        assert_eq!(refusal(&missing), (404, "ResourceNotFoundException"), "{target}");
    }
}
