//! The conditions of a statement, compared with an access.

use super::access::{ATTRIBUTES, Access};
use embedded_dynamodb::PolicyCondition;

/// How the values of a request are compared with those of a condition.
enum Quantifier {
    /// `ForAllValues:`. True too if the request has no value.
    All,
    /// `ForAnyValue:`.
    Any,
    /// Without a prefix. IAM asks for one where a request can have several values, so all must fit here.
    Present,
}

/// Whether the access meets the condition, by
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.
/// An operator that is not known here is never met. Stricter than IAM in one thing: a read that names no attributes,
/// and so returns all, meets no condition on attributes.
pub(super) fn is_met(condition: &PolicyCondition, access: &Access) -> bool {
    let values = access.context.get(condition.key.as_str());
    if condition.operator == "Null" {
        return condition.values == [values.is_none().to_string()];
    }
    let (quantifier, operator) = quantified(&condition.operator);
    let (operator, may_be_missing) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, matches!(quantifier, Quantifier::All)),
    };
    let Some(fits) = comparison(operator) else { return false };
    if condition.key == ATTRIBUTES && access.reads_all {
        return false;
    }
    let Some(values) = values else { return may_be_missing };
    let mut fitting = values.iter().map(|value| condition.values.iter().any(|it| fits(it, value)));
    match quantifier {
        Quantifier::All | Quantifier::Present => fitting.all(|it| it),
        Quantifier::Any => fitting.any(|it| it),
    }
}

/// Whether a value of the request matches the one in the condition.
pub(super) fn uses(access: &Access, condition: &PolicyCondition, named: &str) -> bool {
    let values = access.context.get(condition.key.as_str());
    values.into_iter().flatten().any(|value| is_like(named.as_bytes(), value.as_bytes()))
}

fn quantified(operator: &str) -> (Quantifier, &str) {
    match operator.split_once(':') {
        Some(("ForAllValues", operator)) => (Quantifier::All, operator),
        Some(("ForAnyValue", operator)) => (Quantifier::Any, operator),
        _ => (Quantifier::Present, operator),
    }
}

fn comparison(operator: &str) -> Option<fn(&str, &str) -> bool> {
    match operator {
        "StringEquals" => Some(|named, value| named == value),
        "StringLike" => Some(|pattern, value| is_like(pattern.as_bytes(), value.as_bytes())),
        _ => None,
    }
}

/// `*` stands for any characters, `?` for one byte.
fn is_like(pattern: &[u8], value: &[u8]) -> bool {
    match (pattern, value) {
        ([], []) => true,
        ([b'*', after @ ..], _) => {
            is_like(after, value) || value.split_first().is_some_and(|(_, rest)| is_like(pattern, rest))
        }
        ([b'?', after @ ..], [_, rest @ ..]) => is_like(after, rest),
        ([first, after @ ..], [byte, rest @ ..]) => first == byte && is_like(after, rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_dynamodb::TableResource;
    use std::collections::BTreeMap;

    const KEY: &str = "dynamodb:LeadingKeys";

    fn access(leading_keys: &[&str]) -> Access {
        let keys = leading_keys.iter().map(|&it| it.to_owned()).collect();
        Access {
            action: "dynamodb:GetItem".into(),
            resource: TableResource { table: "KeysTable".into(), index: None },
            context: BTreeMap::from([(KEY, keys)]).into_iter().filter(|_| !leading_keys.is_empty()).collect(),
            reads_all: false,
        }
    }

    fn condition(operator: &str, key: &str, values: &[&str]) -> PolicyCondition {
        let values = values.iter().map(|&it| it.to_owned()).collect();
        PolicyCondition { operator: operator.into(), key: key.into(), values }
    }

    #[test]
    fn the_keys_of_a_request_meet_a_condition_or_not() {
        let both = &["sessions", "devices"][..];
        for (operator, named, keys, expected) in [
            ("ForAllValues:StringEquals", both, &["sessions"][..], true),
            ("ForAllValues:StringEquals", both, &["sessions", "devices"], true),
            ("ForAllValues:StringEquals", both, &["sessions", "other"], false),
            ("ForAllValues:StringEquals", both, &[], true),
            ("ForAnyValue:StringEquals", both, &["sessions", "other"], true),
            ("ForAnyValue:StringEquals", both, &["other"], false),
            ("ForAnyValue:StringEquals", both, &[], false),
            ("StringEquals", both, &["devices"], true),
            ("StringEquals", both, &["device*"], false),
            ("StringEquals", both, &[], false),
            ("StringEqualsIfExists", both, &[], true),
            ("StringEqualsIfExists", both, &["other"], false),
            ("ForAllValues:StringLike", &["status#*"], &["status#192.0.2.1"], true),
            ("ForAllValues:StringLike", &["status#*"], &["login#192.0.2.1"], false),
            ("StringLike", &["s?ssions"], &["sessions"], true),
            ("StringNotEquals", both, &["other"], false),
            ("Null", &["false"], &["sessions"], true),
            ("Null", &["false"], &[], false),
            ("Null", &["true"], &[], true),
        ] {
            let is_met = is_met(&condition(operator, KEY, named), &access(keys));
            assert_eq!(is_met, expected, "{operator} {named:?} with {keys:?}");
        }
    }

    #[test]
    fn a_read_of_all_attributes_meets_no_condition_on_them() {
        let condition = condition("ForAllValues:StringEquals", ATTRIBUTES, &["ring", "current"]);
        let mut read = access(&["sessions"]);
        read.context.insert(ATTRIBUTES, ["ring".to_owned()].into());
        assert!(is_met(&condition, &read));
        read.reads_all = true;
        assert!(!is_met(&condition, &read));
    }
}
