//! What the members function is asked and answers, held against its JSON Schema.

use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The schema of requests and the schema of answers.
static SCHEMAS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let text = include_str!("../../docs/members-function.schema.json");
    let document: Value = serde_json::from_str(text).expect("the schema is JSON");
    let part = |name: &'static str| {
        let schema = json!({ "$ref": format!("#/$defs/{name}"), "$defs": document["$defs"] });
        (name, jsonschema::draft202012::new(&schema).expect("a schema"))
    };
    ["request", "answer"].map(part).into()
});

/// Panics where `value` is not a request, or an answer, as documented. Names the place, not the value.
pub(crate) fn assert_documented(part: &str, value: &Value) {
    let errors: Vec<_> =
        SCHEMAS[part].iter_errors(value).map(|error| error.schema_path().to_string()).collect();
    assert!(errors.is_empty(), "a {part} is not as documented: {errors:?}");
}
