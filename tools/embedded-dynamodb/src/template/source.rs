//! The text of a template, as a deployment reads it: `!Ref X` is short for `{"Ref": "X"}`, and every other
//! `!Name` for `{"Fn::Name": …}`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use super::TemplateError;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use serde_saphyr::Tagged;
use std::collections::BTreeMap;
use std::fmt;

/// Reads YAML, in which words other than `true` and `false` are text, and digits keep their zeros: the key type
/// `N` is not false, and an account's id is not a number.
pub(super) fn read<T: DeserializeOwned>(yaml: &str) -> Result<T, TemplateError> {
    let options = serde_saphyr::options! { strict_booleans: true, leading_zero_numbers_as_strings: true };
    let read = serde_saphyr::from_str_with_options(yaml, options);
    read.map_err(|error| TemplateError::new("template", &error))
}

/// A template before any of its intrinsic functions is evaluated.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Source {
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, Parameter>,
    #[serde(default)]
    pub(super) conditions: BTreeMap<String, Expression>,
    #[serde(default)]
    pub(super) globals: BTreeMap<String, Expression>,
    pub(super) resources: BTreeMap<String, Resource>,
}

/// A parameter. A deployment must give the ones that have no default.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Parameter {
    default: Option<Expression>,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resource {
    #[serde(rename = "Type")]
    pub(super) kind: String,
    /// The condition without which the resource is not created.
    pub(super) condition: Option<String>,
    #[serde(default)]
    pub(super) metadata: Expression,
    #[serde(default)]
    pub(super) properties: Expression,
}

impl Parameter {
    /// The default as text, which is what `!Ref` makes of a number or a boolean.
    pub(super) fn default_text(&self) -> Option<String> {
        text(&self.default.as_ref()?.0)
    }
}

/// A scalar as text. Lists, maps and null have no text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value in which the intrinsic functions have their long form, whichever form was written.
#[derive(Clone, Debug, Default)]
pub(super) struct Expression(pub(super) Value);

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Untagged(value), tag) = Tagged::deserialize(deserializer)?;
        Ok(Self(match tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
            Some(function) => json!({ long_form(function): value }),
            None => value,
        }))
    }
}

fn long_form(function: &str) -> String {
    match function {
        "Ref" | "Condition" => function.to_owned(),
        function => format!("Fn::{function}"),
    }
}

/// A value without its own tag. The values inside it have theirs.
struct Untagged(Value);

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Expression(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Expression(value))) = entries.next_entry()? {
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(yaml: &str) -> Value {
        let Expression(value) = read(yaml).unwrap();
        value
    }

    #[test]
    fn the_short_form_reads_as_the_long_form() {
        assert_eq!(value("!Ref Quota"), json!({ "Ref": "Quota" }));
        assert_eq!(value("!Condition IsOpen"), json!({ "Condition": "IsOpen" }));
        let short = "a: [!If [IsOpen, !GetAtt Api.Id, {b: !Sub '${X}'}], plain]";
        let long = "a: [{Fn::If: [IsOpen, {Fn::GetAtt: Api.Id}, {b: {Fn::Sub: '${X}'}}]}, plain]";
        assert_eq!(value(short), value(long));
        assert_eq!(value(short)["a"][0]["Fn::If"][1], json!({ "Fn::GetAtt": "Api.Id" }));
    }

    #[test]
    fn scalars_keep_their_type() {
        let scalars = "[5, -1, 1.5, true, '5', 5/60, N, no, 007, ~]";
        let values = json!([5, -1, 1.5, true, "5", "5/60", "N", "no", "007", null]);
        assert_eq!(value(scalars), values);
        assert_eq!(value("!!str 5"), json!("5"));
    }

    #[test]
    fn a_default_is_text_or_missing() {
        for (yaml, default) in [
            ("{Type: String, Default: 5/60}", Some("5/60")),
            ("{Type: String, Default: ''}", Some("")),
            ("{Type: Number, Default: 3600}", Some("3600")),
            ("{Type: String, Default: true}", Some("true")),
            ("{Type: String}", None),
        ] {
            let parameter: Parameter = read(yaml).unwrap();
            assert_eq!(parameter.default_text().as_deref(), default, "{yaml}");
        }
    }
}
