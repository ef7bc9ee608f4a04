//! The body of a login, read strictly: no type is coerced, and nothing is assumed.

use shared::gateway::Error;
use shared::gateway::fields::{Fault, Fields};
use shared::members::{Email, Password};

/// The fields of a login request.
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
    /// [`Error::InvalidRequest`] names the field and the fault, never the field's value.
    pub fn parse(body: &str) -> Result<Self, Error> {
        Self::read(body).map_err(Error::InvalidRequest)
    }

    fn read(body: &str) -> Result<Self, Fault> {
        let fields = Fields::parse(body, &["email", "password", "remember"])?;
        let email = Email::parse(text(&fields, "email")?).map_err(|error| format!("email {error}"))?;
        let password = Password::new(text(&fields, "password")?);
        Ok(Self { email, password, remember: fields.flag("remember")? })
    }
}

fn text<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Fault> {
    let text = fields.text(name)?;
    if text.is_empty() { Err(format!("{name} must not be empty")) } else { Ok(text) }
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
    fn a_login_has_an_email_a_password_and_optionally_remember() {
        let login = Credentials::parse(r#"{"email":" Ada@Example.com ","password":"p"}"#).unwrap();
        assert_eq!((login.email.as_str(), login.remember), ("ada@example.com", false));
        let login = Credentials::parse(r#"{"x":[{}],"remember":true,"password":"p","email":"a"}"#).unwrap();
        assert!(login.remember);
    }

    #[test]
    fn the_detail_names_the_field_and_the_fault() {
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
            ("{\"email\":\"a\",\"email\":\"a\",\"password\":\"b\"}", "email is given twice"),
            ("{\"email\":\"a\",\"password\":\"b\",\"x\":1,\"x\":1}", "a field is given twice"),
            (r#"{"email":"\ud800","password":"b"}"#, "email is not valid JSON"),
            (r#"{"email":"a","password":"b","x":"\udc00"}"#, "a field is not valid JSON"),
        ] {
            assert_eq!(problem(body), detail, "{body}");
        }
        let long = format!(r#"{{"email":"{}","password":"b"}}"#, "a".repeat(255));
        assert_eq!(problem(&long), "email must not be over 254 bytes");
    }

    #[test]
    fn no_detail_repeats_a_submitted_value() {
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
