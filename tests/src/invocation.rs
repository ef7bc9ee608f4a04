//! Checks requests and responses of the members function against its JSON Schema.

use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The schema of requests and the schema of responses.
static SCHEMAS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let text = include_str!("../../docs/members-function.schema.json");
    let document: Value = serde_json::from_str(text).expect("the schema is JSON");
    let part = |name: &'static str| {
        let schema = json!({ "$ref": format!("#/$defs/{name}"), "$defs": document["$defs"] });
        (name, jsonschema::draft202012::new(&schema).expect("a schema"))
    };
    ["request", "response"].map(part).into()
});

/// Panics if `value` is not a documented `part`: a request or a response. The message names the place in the schema,
/// not the value.
pub(crate) fn assert_documented(part: &str, value: &Value) {
    let errors: Vec<_> =
        SCHEMAS[part].iter_errors(value).map(|error| error.schema_path().to_string()).collect();
    assert!(errors.is_empty(), "an undocumented {part}: {errors:?}");
}
