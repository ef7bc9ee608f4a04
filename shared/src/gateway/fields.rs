//! The fields of a JSON object, read strictly: no field is repeated, and no value is coerced. An error names the field
//! and the fault, never the field's value.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt;

/// The fields of one object.
pub struct Fields(Map<String, Value>);

/// Why a field cannot be read, in words for the client.
pub type Fault = String;

impl Fields {
    /// Reads the JSON text of an object. An error names a field only if it is one of `known`.
    ///
    /// # Errors
    /// When the text is not a JSON object, or a field is given twice.
    pub fn parse(json: &str, known: &[&'static str]) -> Result<Self, Fault> {
        let fault = Cell::new(None);
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let fields = Reader { known, fault: &fault }.deserialize(&mut deserializer);
        let fields = fields.and_then(|fields| deserializer.end().map(|()| fields));
        let not_an_object = || "the body is not a JSON object".to_owned();
        fields.map(Self).map_err(|_| fault.take().unwrap_or_else(not_an_object))
    }

    /// A required string.
    ///
    /// # Errors
    /// When the field is missing or not a string.
    pub fn text(&self, name: &str) -> Result<&str, Fault> {
        self.optional_text(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    /// An optional string.
    ///
    /// # Errors
    /// When the field is not a string.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, Fault> {
        match self.0.get(name) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("{name} must be a string")),
            None => Ok(None),
        }
    }

    /// An optional whole number of 0 or more.
    ///
    /// # Errors
    /// When the field is something else.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Fault> {
        let number = |value: &Value| value.as_u64().ok_or_else(|| format!("{name} must be a whole number"));
        self.0.get(name).map(number).transpose()
    }

    /// A boolean; `false` if the field is missing.
    ///
    /// # Errors
    /// When the field is something else.
    pub fn flag(&self, name: &str) -> Result<bool, Fault> {
        let flag = |value: &Value| value.as_bool().ok_or_else(|| format!("{name} must be true or false"));
        self.0.get(name).map_or(Ok(false), flag)
    }

    /// The names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Reads an object in which no field is repeated.
struct Reader<'a> {
    known: &'a [&'static str],
    /// The problem with a field. This replaces the parser's own message, because that message can repeat submitted
    /// values.
    fault: &'a Cell<Option<Fault>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let known = self.known.iter().find(|&&known| known == name);
            let problem = |what| {
                self.fault.set(Some(format!("{} {what}", known.unwrap_or(&"a field"))));
                A::Error::custom(what)
            };
            let value = object.next_value().map_err(|_| problem("is not valid JSON"))?;
            if fields.insert(name, value).is_some() {
                return Err(problem("is given twice"));
            }
        }
        Ok(fields)
    }
}
