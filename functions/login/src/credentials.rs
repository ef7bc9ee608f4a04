//! The body of a login, read strictly: no type is coerced, nothing is guessed.

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};
use shared::gateway::Error;
use shared::members::Email;
use shared::members::Password;
use std::fmt;

/// Who wants to log in, and for how long.
#[derive(Debug)]
pub struct Credentials {
    /// The email, in its normal form.
    pub email: Email,
    /// The password, as sent.
    pub password: Password,
    /// Whether the session outlives the browser.
    pub remember: bool,
}

impl Credentials {
    /// Reads the JSON text of a body.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]: which field is wrong and how, never what it held.
    pub fn parse(body: &str) -> Result<Self, Error> {
        let Fields(fields) =
            serde_json::from_str(body).map_err(|error| Error::InvalidRequest(why(&error)))?;
        let email = Email::parse(text(&fields, "email")?)
            .map_err(|error| Error::InvalidRequest(format!("email {error}")))?;
        Ok(Self { email, password: Password::new(text(&fields, "password")?), remember: remember(&fields)? })
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {
    match fields.get(name) {
        Some(Value::String(text)) if text.is_empty() => invalid(name, "must not be empty"),
        Some(Value::String(text)) => Ok(text),
        Some(_) => invalid(name, "must be a string"),
        None => invalid(name, "is missing"),
    }
}

fn remember(fields: &Map<String, Value>) -> Result<bool, Error> {
    match fields.get("remember") {
        Some(Value::Bool(remember)) => Ok(*remember),
        Some(_) => invalid("remember", "must be true or false"),
        None => Ok(false),
    }
}

fn invalid<T>(field: &str, problem: &str) -> Result<T, Error> {
    Err(Error::InvalidRequest(format!("{field} {problem}")))
}

/// The parser's own words can repeat what was sent; ours, made below, name fields that we know.
fn why(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix(OURS) {
        Some(problem) => problem.split(" at line ").next().unwrap_or_default().to_owned(),
        None => "the body is not a JSON object".to_owned(),
    }
}

/// Marks our own messages among those of the parser.
const OURS: &str = "login: ";

/// A JSON object in which every field stands once.
struct Fields(Map<String, Value>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let known = ["email", "password", "remember"].into_iter().find(|&known| known == name);
            let problem =
                |what| A::Error::custom(format_args!("{OURS}{} {what}", known.unwrap_or("a field")));
            let value = object.next_value().map_err(|_| problem("is not valid JSON"))?;
            if fields.insert(name, value).is_some() {
                return Err(problem("stands twice"));
            }
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(body: &str) -> String {
        match Credentials::parse(body) {
            Err(Error::InvalidRequest(detail)) => detail,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_login_is_an_email_a_password_and_perhaps_remember() {
        let login = Credentials::parse(r#"{"email":" Ada@Example.com ","password":"p"}"#).unwrap();
        assert_eq!((login.email.as_str(), login.remember), ("ada@example.com", false));
        let login = Credentials::parse(r#"{"x":[{}],"remember":true,"password":"p","email":"a"}"#).unwrap();
        assert!(login.remember);
    }

    #[test]
    fn the_detail_names_the_field_and_what_is_wrong() {
        for (body, detail) in [
            ("", "the body is not a JSON object"),
            ("[\"a\",\"b\"]", "the body is not a JSON object"),
            ("{\"email\":\"a\",\"password\":\"b\"} x", "the body is not a JSON object"),
            ("{\"email\":\"a\",\"password\":\"b\"", "the body is not a JSON object"),
            ("{\"password\":\"b\"}", "email is missing"),
            ("{\"email\":\"a\"}", "password is missing"),
            ("{\"email\":null,\"password\":\"b\"}", "email must be a string"),
            ("{\"email\":\"a\",\"password\":1}", "password must be a string"),
            ("{\"email\":\"\",\"password\":\"b\"}", "email must not be empty"),
            ("{\"email\":\" \",\"password\":\"b\"}", "email must not be empty"),
            ("{\"email\":\"a\",\"password\":\"\"}", "password must not be empty"),
            ("{\"email\":\"a\",\"password\":\"b\",\"remember\":\"yes\"}", "remember must be true or false"),
            ("{\"email\":\"a\",\"password\":\"b\",\"remember\":1}", "remember must be true or false"),
            ("{\"email\":\"a\",\"password\":\"b\",\"remember\":null}", "remember must be true or false"),
            ("{\"email\":\"a\",\"email\":\"a\",\"password\":\"b\"}", "email stands twice"),
            ("{\"email\":\"a\",\"password\":\"b\",\"x\":1,\"x\":1}", "a field stands twice"),
            (r#"{"email":"\ud800","password":"b"}"#, "email is not valid JSON"),
            (r#"{"email":"a","password":"b","x":"\udc00"}"#, "a field is not valid JSON"),
        ] {
            assert_eq!(problem(body), detail, "{body}");
        }
        let long = format!(r#"{{"email":"{}","password":"b"}}"#, "a".repeat(255));
        assert_eq!(problem(&long), "email must not be over 254 bytes");
    }

    #[test]
    fn no_detail_repeats_what_was_sent() {
        for body in [
            r#"{"email":"enchantress"#,
            r#"{"enchantress":1,"enchantress":1}"#,
            r#"{"email":["enchantress"],"password":"x"}"#,
            r#""enchantress""#,
            r#"{"login: enchantress":enchantress}"#,
        ] {
            assert!(!problem(body).contains("enchantress"), "{}", problem(body));
        }
    }
}
