//! The body of a login.

use crate::wire::request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use login::credentials::Credentials;
use serde_json::Value;
use shared::gateway::{Error, LARGEST_BODY_BYTES, RequestParts};
use shared::members::Email;

/// All details that a client can get for a malformed body.
const DETAILS: [&str; 18] = [
    "the body is not UTF-8",
    "the body is not a JSON object",
    "email is missing",
    "email must be a string",
    "email must not be empty",
    "email must not be over 254 bytes",
    "email is not valid JSON",
    "email is given twice",
    "password is missing",
    "password must be a string",
    "password must not be empty",
    "password is not valid JSON",
    "password is given twice",
    "remember must be true or false",
    "remember is not valid JSON",
    "remember is given twice",
    "a field is not valid JSON",
    "a field is given twice",
];

/// Reads bytes as a login does. Another JSON reader finds the same credentials, and parsing the email again does not
/// change it. The detail of an error repeats nothing that was sent.
pub(crate) fn login_body(bytes: &[u8]) {
    let body = STANDARD.encode(bytes);
    let mut parts = RequestParts { body, is_base64_encoded: true, ..RequestParts::default() };
    parts.headers.insert("content-type", "application/json".parse().expect("a media type"));
    match request(parts).json_body().and_then(|body| Credentials::parse(&body)) {
        Ok(credentials) => agrees(&credentials, bytes),
        Err(Error::InvalidRequest(detail)) => assert!(DETAILS.contains(&&*detail), "{detail}"),
        Err(Error::PayloadTooLarge) => assert!(bytes.len() > LARGEST_BODY_BYTES),
        Err(error) => panic!("{error:?}"),
    }
}

fn agrees(credentials: &Credentials, bytes: &[u8]) {
    let body: Value = serde_json::from_slice(bytes).expect("what was read is JSON");
    let email = body["email"].as_str().expect("a text");
    assert_eq!(Email::parse(email).as_ref(), Ok(&credentials.email));
    assert_eq!(Email::parse(credentials.email.as_str()).as_ref(), Ok(&credentials.email));
    let password = body["password"].as_str().expect("a text");
    assert_eq!(credentials.password.is_hashable(), password.len() <= 72 && !password.contains('\0'));
    assert_eq!(body.get("remember").map_or(Some(false), Value::as_bool), Some(credentials.remember));
}
