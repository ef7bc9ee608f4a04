//! The document `openapi.yaml`, and the comparison of responses with it.

mod source;

use crate::response::Response;
use jsonschema::Validator;
use serde_json::Value;
use source::{HeaderSource, ResponseSource, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The document of this workspace, read at compile time.
static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let source = serde_saphyr::from_str(include_str!("../../openapi.yaml"));
    Document::new(&source.expect("openapi.yaml has the expected parts and no other methods"))
});

/// The responses in the document.
pub struct Document {
    version: String,
    codes: BTreeSet<String>,
    operations: BTreeMap<Operation, BTreeMap<u64, String>>,
    responses: BTreeMap<String, DocumentedResponse>,
}

/// A method and a path of the document.
pub type Operation = (String, String);

/// A response in the document: its operation, its status, and the problem's code, which is empty for a success.
pub type Documented = (Operation, u64, String);

/// The form of a response.
struct DocumentedResponse {
    /// The problem's codes; one empty code for a success.
    codes: Vec<String>,
    media_type: String,
    body: Validator,
    headers: Vec<Header>,
}

struct Header {
    name: String,
    is_required: bool,
    value: Validator,
}

impl Document {
    /// The document of this workspace.
    pub fn of_workspace() -> &'static Self {
        &DOCUMENT
    }

    /// `info.version`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All values of a problem's `code`.
    pub const fn codes(&self) -> &BTreeSet<String> {
        &self.codes
    }

    /// All methods and paths.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.keys()
    }

    /// All responses.
    pub fn responses(&self) -> BTreeSet<Documented> {
        let documented = |(operation, responses): (&Operation, &BTreeMap<u64, String>)| {
            let with_code = |status, code: &String| (operation.clone(), status, code.clone());
            let of_operation = |(&status, name): (&u64, &String)| {
                self.responses[name].codes.iter().map(|code| with_code(status, code)).collect::<Vec<_>>()
            };
            responses.iter().flat_map(of_operation).collect::<Vec<_>>()
        };
        self.operations.iter().flat_map(documented).collect()
    }

    /// The documented response that `response` matches.
    ///
    /// # Errors
    /// The first difference from the document. The text contains no value of a cookie.
    pub fn find(&self, method: &str, path: &str, response: &Response) -> Result<Documented, String> {
        let operation = (method.to_owned(), documented_path(path).to_owned());
        let name = match self.operations.get(&operation) {
            Some(responses) => responses.get(&response.status).ok_or("the status is not documented")?,
            None => ELSEWHERE,
        };
        self.responses[name].check(response)?;
        let body: Value = serde_json::from_str(&response.body).map_err(|error| error.to_string())?;
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        Ok((operation, response.status, code))
    }

    fn new(source: &Source) -> Self {
        let responses = &source.components.responses;
        let response = |(name, it): (&String, _)| (name.clone(), DocumentedResponse::new(it, source));
        let codes = &source.components.schemas["Problem"]["properties"]["code"]["enum"];
        Self {
            version: source.info.version.clone(),
            codes: serde_json::from_value(codes.clone()).expect("a list of codes"),
            operations: source.operations().collect(),
            responses: responses.iter().map(response).collect(),
        }
    }
}

/// The response of a handler to any other method and path.
const ELSEWHERE: &str = "NotFound";

fn documented_path(path: &str) -> &str {
    match path {
        "/sessions" | "/sessions/" => path,
        _ if path.starts_with("/sessions/") => "/sessions/{rest}",
        _ => path,
    }
}

impl DocumentedResponse {
    fn new(response: &ResponseSource, source: &Source) -> Self {
        let (media_type, content) = response.content.first_key_value().expect("a media type");
        let code = &content.schema["properties"]["code"];
        let codes = code["enum"].as_array().cloned().unwrap_or_else(|| vec![code["const"].clone()]);
        let codes = codes.iter().map(|code| code.as_str().unwrap_or_default().to_owned());
        let header = |(name, header): (&String, &HeaderSource)| {
            let header = source.header(header);
            Header {
                name: name.to_lowercase(),
                is_required: header.required,
                value: validator(&header.schema, source),
            }
        };
        Self {
            codes: codes.collect(),
            media_type: media_type.clone(),
            body: validator(&content.schema, source),
            headers: response.headers.iter().map(header).collect(),
        }
    }

    fn check(&self, response: &Response) -> Result<(), String> {
        if response.header("content-type") != self.media_type {
            return Err(format!("Content-Type: {}", response.header("content-type")));
        }
        let body = serde_json::from_str(&response.body).map_err(|error| error.to_string())?;
        self.body.validate(&body).map_err(|error| error.to_string())?;
        let sets_cookies = self.headers.iter().any(|header| header.name == "set-cookie");
        if !sets_cookies && !response.cookies.is_empty() {
            return Err("a cookie is not documented".to_owned());
        }
        self.headers.iter().try_for_each(|header| header.check(response))
    }
}

impl Header {
    fn check(&self, response: &Response) -> Result<(), String> {
        let values: Vec<&str> = match self.name.as_str() {
            "set-cookie" => response.cookies.iter().map(String::as_str).collect(),
            name => Some(response.header(name)).filter(|it| !it.is_empty()).into_iter().collect(),
        };
        if self.is_required && values.is_empty() {
            return Err(format!("{} is missing", self.name));
        }
        let fits = |text: &&str| {
            let number = text.parse::<u64>().map(Value::from);
            self.value.is_valid(&Value::from(*text)) || number.is_ok_and(|it| self.value.is_valid(&it))
        };
        if values.iter().all(fits) { Ok(()) } else { Err(format!("{} has an undocumented value", self.name)) }
    }
}

/// A schema whose references point to the document's own schemas.
fn validator(schema: &Value, source: &Source) -> Validator {
    let mut schema = schema.clone();
    schema["components"]["schemas"] = source.components.schemas.clone();
    jsonschema::validator_for(&schema).expect("a schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documented response to a failed login.
    fn unauthorized() -> Response {
        let headers = [
            ("cache-control", "no-store"),
            (
                "content-security-policy",
                "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox",
            ),
            ("content-type", "application/problem+json"),
            ("cross-origin-resource-policy", "same-origin"),
            ("ratelimit", "\"login\";r=4;t=12"),
            ("ratelimit-limit", "5"),
            ("ratelimit-policy", "\"login\";q=5;w=60"),
            ("ratelimit-remaining", "4"),
            ("ratelimit-reset", "12"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
            ("www-authenticate", "Cookie realm=\"sessions\""),
            ("x-content-type-options", "nosniff"),
        ];
        Response {
            status: 401,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            cookies: Vec::new(),
            body:
                r#"{"type":"about:blank","title":"Unauthorized","status":401,"code":"INVALID_CREDENTIALS"}"#
                    .to_owned(),
        }
    }

    fn find(method: &str, path: &str, response: &Response) -> Result<Documented, String> {
        Document::of_workspace().find(method, path, response)
    }

    #[test]
    fn a_documented_response_is_accepted() {
        let operation = ("POST".to_owned(), "/sessions/".to_owned());
        let expected = (operation, 401, "INVALID_CREDENTIALS".to_owned());
        assert_eq!(find("POST", "/sessions/", &unauthorized()), Ok(expected));
    }

    #[test]
    fn any_difference_is_reported() {
        for (case, change) in [
            ("status", (|response| response.status = 418) as fn(&mut Response)),
            ("code", |response| {
                response.body = response.body.replace("INVALID_CREDENTIALS", "NOT_AUTHENTICATED");
            }),
            ("status in the body", |response| response.body = response.body.replace("401", "400")),
            ("a missing member", |response| {
                response.body = response.body.replace("\"title\":\"Unauthorized\",", "");
            }),
            ("not JSON", |response| response.body.clear()),
            ("media type", |response| response.headers[2].1 = "application/json".to_owned()),
            ("a missing header", |response| drop(response.headers.remove(11))),
            ("another header value", |response| response.headers[0].1 = "no-cache".to_owned()),
            ("not a number", |response| response.headers[5].1 = "five".to_owned()),
            ("a cookie", |response| response.cookies.push("a=1".to_owned())),
        ] {
            let mut changed = unauthorized();
            change(&mut changed);
            assert!(find("POST", "/sessions/", &changed).is_err(), "{case}");
        }
        assert!(find("GET", "/sessions/", &unauthorized()).is_err(), "another method's code");
        assert!(find("PUT", "/sessions/", &unauthorized()).is_err(), "a method that is not documented");
        assert!(find("POST", "/sessions/1", &unauthorized()).is_err(), "a path that is not documented");
    }
}
