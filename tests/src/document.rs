//! `openapi.yaml`, with which every answer is compared.

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
    Document::new(&source.expect("openapi.yaml has what is read here, and no more methods"))
});

/// The answers in the document.
pub struct Document {
    version: String,
    codes: BTreeSet<String>,
    operations: BTreeMap<Operation, BTreeMap<u64, String>>,
    responses: BTreeMap<String, DocumentedResponse>,
}

/// A method and a path of the document.
pub type Operation = (String, String);

/// An answer in the document: its operation, its status, and the problem's code, which is empty for a success.
pub type Documented = (Operation, u64, String);

/// The form of an answer.
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

    /// All answers.
    pub fn answers(&self) -> BTreeSet<Documented> {
        let documented = |(operation, answers): (&Operation, &BTreeMap<u64, String>)| {
            let with_code = |status, code: &String| (operation.clone(), status, code.clone());
            let of_answer = |(&status, name): (&u64, &String)| {
                self.responses[name].codes.iter().map(|code| with_code(status, code)).collect::<Vec<_>>()
            };
            answers.iter().flat_map(of_answer).collect::<Vec<_>>()
        };
        self.operations.iter().flat_map(documented).collect()
    }

    /// The documented answer that `answer` matches.
    ///
    /// # Errors
    /// How the answer differs from the document. The text contains no cookie's value.
    pub fn find(&self, method: &str, path: &str, answer: &Response) -> Result<Documented, String> {
        let operation = (method.to_owned(), documented_path(path).to_owned());
        let name = match self.operations.get(&operation) {
            Some(answers) => answers.get(&answer.status).ok_or("a status that is not documented")?,
            None => ELSEWHERE,
        };
        let response = &self.responses[name];
        response.check(answer)?;
        let body: Value = serde_json::from_str(&answer.body).map_err(|error| error.to_string())?;
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        Ok((operation, answer.status, code))
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

/// The answer of a handler to any other method and path.
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

    fn check(&self, answer: &Response) -> Result<(), String> {
        if answer.header("content-type") != self.media_type {
            return Err(format!("Content-Type: {}", answer.header("content-type")));
        }
        let body = serde_json::from_str(&answer.body).map_err(|error| error.to_string())?;
        self.body.validate(&body).map_err(|error| error.to_string())?;
        let sets_cookies = self.headers.iter().any(|header| header.name == "set-cookie");
        if !sets_cookies && !answer.cookies.is_empty() {
            return Err("a cookie that is not documented".to_owned());
        }
        self.headers.iter().try_for_each(|header| header.check(answer))
    }
}

impl Header {
    fn check(&self, answer: &Response) -> Result<(), String> {
        let values: Vec<&str> = match self.name.as_str() {
            "set-cookie" => answer.cookies.iter().map(String::as_str).collect(),
            name => Some(answer.header(name)).filter(|it| !it.is_empty()).into_iter().collect(),
        };
        if self.is_required && values.is_empty() {
            return Err(format!("no {}", self.name));
        }
        let fits = |text: &&str| {
            let number = text.parse::<u64>().map(Value::from);
            self.value.is_valid(&Value::from(*text)) || number.is_ok_and(|it| self.value.is_valid(&it))
        };
        if values.iter().all(fits) { Ok(()) } else { Err(format!("another {}", self.name)) }
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

    /// The documented answer to a failed login.
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

    fn find(method: &str, path: &str, answer: &Response) -> Result<Documented, String> {
        Document::of_workspace().find(method, path, answer)
    }

    #[test]
    fn an_answer_as_it_is_documented_is_found() {
        let operation = ("POST".to_owned(), "/sessions/".to_owned());
        let expected = (operation, 401, "INVALID_CREDENTIALS".to_owned());
        assert_eq!(find("POST", "/sessions/", &unauthorized()), Ok(expected));
    }

    #[test]
    fn any_difference_is_told() {
        for (case, change) in [
            ("status", (|answer| answer.status = 418) as fn(&mut Response)),
            ("code", |answer| answer.body = answer.body.replace("INVALID_CREDENTIALS", "NOT_AUTHENTICATED")),
            ("status in the body", |answer| answer.body = answer.body.replace("401", "400")),
            ("a member less", |answer| answer.body = answer.body.replace("\"title\":\"Unauthorized\",", "")),
            ("no JSON", |answer| answer.body.clear()),
            ("media type", |answer| answer.headers[2].1 = "application/json".to_owned()),
            ("a header less", |answer| drop(answer.headers.remove(11))),
            ("another value", |answer| answer.headers[0].1 = "no-cache".to_owned()),
            ("no number", |answer| answer.headers[5].1 = "five".to_owned()),
            ("a cookie", |answer| answer.cookies.push("a=1".to_owned())),
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
