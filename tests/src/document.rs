//! The document `openapi.yaml`, and the comparison of responses with it.

use crate::response::Response;
use jsonschema::Validator;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The document of this workspace, read at compile time.
static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let source = serde_saphyr::from_str(include_str!("../../openapi.yaml"));
    Document::new(&source.expect("openapi.yaml is YAML"))
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

    fn new(source: &Value) -> Self {
        let components = &source["components"];
        let response = |(name, it): (&String, _)| (name.clone(), DocumentedResponse::new(it, source));
        let codes = &components["schemas"]["Problem"]["properties"]["code"]["enum"];
        Self {
            version: source["info"]["version"].as_str().expect("a version").to_owned(),
            codes: serde_json::from_value(codes.clone()).expect("a list of codes"),
            operations: operations(source),
            responses: object(&components["responses"]).iter().map(response).collect(),
        }
    }
}

/// Each method and path, with the names of its responses by status.
fn operations(source: &Value) -> BTreeMap<Operation, BTreeMap<u64, String>> {
    let mut operations = BTreeMap::new();
    for (path, item) in object(&source["paths"]) {
        for (method, operation) in object(resolve(item, source)).iter().filter(|(it, _)| *it != "parameters")
        {
            let responses = object(&operation["responses"]).iter().map(|(status, response)| {
                let name =
                    response["$ref"].as_str().and_then(|it| it.strip_prefix("#/components/responses/"));
                (status.parse().expect("a status"), name.expect("a shared response").to_owned())
            });
            operations.insert((method.to_uppercase(), path.clone()), responses.collect());
        }
    }
    operations
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

/// Resolves a part of the document, which is a reference or written in place.
fn resolve<'a>(part: &'a Value, source: &'a Value) -> &'a Value {
    match part["$ref"].as_str() {
        Some(target) => source.pointer(target.trim_start_matches('#')).expect("a part of the document"),
        None => part,
    }
}

/// The response of a handler to a method and path that the document does not list.
const ELSEWHERE: &str = "NotFound";

fn documented_path(path: &str) -> &str {
    match path {
        "/sessions" | "/sessions/" => path,
        _ if path.starts_with("/sessions/") => "/sessions/{rest}",
        _ => path,
    }
}

impl DocumentedResponse {
    fn new(response: &Value, source: &Value) -> Self {
        let (media_type, content) = object(&response["content"]).iter().next().expect("a media type");
        let code = &content["schema"]["properties"]["code"];
        let codes = code["enum"].as_array().cloned().unwrap_or_else(|| vec![code["const"].clone()]);
        let codes = codes.iter().map(|code| code.as_str().unwrap_or_default().to_owned());
        let header = |(name, header): (&String, _)| {
            let header = resolve(header, source);
            Header {
                name: name.to_lowercase(),
                is_required: header["required"] == true,
                value: validator(&header["schema"], source),
            }
        };
        let body = validator(&content["schema"], source);
        assert!(
            body.is_valid(&content["example"]),
            "an example without the form of its response: {response}"
        );
        Self {
            codes: codes.collect(),
            media_type: media_type.clone(),
            body,
            headers: object(&response["headers"]).iter().map(header).collect(),
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
fn validator(schema: &Value, source: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"]["schemas"] = source["components"]["schemas"].clone();
    jsonschema::validator_for(&schema).expect("a schema")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::TestApp;

    fn find(method: &str, path: &str, response: &Response) -> Result<Documented, String> {
        Document::of_workspace().find(method, path, response)
    }

    fn header<'a>(response: &'a mut Response, name: &str) -> &'a mut String {
        let header = response.headers.iter_mut().find(|(it, _)| it == name);
        &mut header.expect("a header").1
    }

    #[tokio::test]
    async fn any_difference_is_reported() {
        let login = TestApp::start().await.client().login("ada@example.com", "wrong").await;
        assert!(find("POST", "/sessions/", &login).is_ok());
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
            ("media type", |response| "application/json".clone_into(header(response, "content-type"))),
            ("a missing header", |response| response.headers.retain(|(it, _)| it != "www-authenticate")),
            ("another header value", |response| "no-cache".clone_into(header(response, "cache-control"))),
            ("not a number", |response| "five".clone_into(header(response, "ratelimit-limit"))),
            ("a cookie", |response| response.cookies.push("a=1".to_owned())),
        ] {
            let mut changed = login.clone();
            change(&mut changed);
            assert!(find("POST", "/sessions/", &changed).is_err(), "{case}");
        }
        assert!(find("GET", "/sessions/", &login).is_err(), "another method's code");
        assert!(find("PUT", "/sessions/", &login).is_err(), "a method that is not documented");
        assert!(find("POST", "/sessions/1", &login).is_err(), "a path that is not documented");
    }
}
