//! The conditions of a template: calls of intrinsic functions that return true or false.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html>

use super::TemplateError;
use super::scope::Scope;
use super::source::text;
use serde_json::Value;

impl Scope<'_> {
    /// Whether the condition of this name is true.
    pub(super) fn holds(&self, name: &str) -> Result<bool, TemplateError> {
        let undeclared = || TemplateError::new(name, &"no condition has this name");
        self.is_true(self.conditions.get(name).ok_or_else(undeclared)?)
    }

    fn is_true(&self, expression: &Value) -> Result<bool, TemplateError> {
        let Some((function, argument)) = expression.as_object().and_then(|map| map.iter().next()) else {
            return Err(not_a_condition(expression));
        };
        let items = argument.as_array().map(Vec::as_slice);
        match (function.as_str(), argument, items) {
            ("Condition", Value::String(name), _) => self.holds(name),
            ("Fn::Equals", _, Some([left, right])) => Ok(self.operand(left)? == self.operand(right)?),
            ("Fn::Not", _, Some([negated])) => Ok(!self.is_true(negated)?),
            ("Fn::And", _, Some(all)) => Ok(self.are_true(all)?.into_iter().all(|it| it)),
            ("Fn::Or", _, Some(any)) => Ok(self.are_true(any)?.into_iter().any(|it| it)),
            _ => Err(not_a_condition(expression)),
        }
    }

    fn are_true(&self, expressions: &[Value]) -> Result<Vec<bool>, TemplateError> {
        expressions.iter().map(|expression| self.is_true(expression)).collect()
    }

    /// One side of `Fn::Equals`. The deployment compares text, so that `true` equals `"true"`.
    fn operand(&self, value: &Value) -> Result<String, TemplateError> {
        let without_value = || TemplateError::new(&value.to_string(), &"compared, and has no value");
        self.evaluate(value)?.as_ref().and_then(text).ok_or_else(without_value)
    }
}

fn not_a_condition(expression: &Value) -> TemplateError {
    TemplateError::new(&expression.to_string(), &"not a condition")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::source::{Expression, read};
    use std::collections::BTreeMap;

    fn holds(condition: &str) -> Result<bool, TemplateError> {
        let source = "
            Parameters:
              BehindProxy: {Type: String, Default: 'true'}
              Days: {Type: Number, Default: 90}
              Domain: {Type: String, Default: ''}
              Topic: {Type: String}
            Conditions:
              IsBehindProxy: !Equals [!Ref BehindProxy, 'true']
              HasDomain: !Not [!Equals [!Ref Domain, '']]
            Resources: {}";
        let source = read(source).unwrap();
        let Expression(condition) = read(condition).unwrap();
        Scope::new(&source, &BTreeMap::new()).is_true(&condition)
    }

    #[test]
    fn conditions_are_true_or_false() {
        for (condition, is_true) in [
            ("!Condition IsBehindProxy", true),
            ("!Condition HasDomain", false),
            ("!Equals [!Ref BehindProxy, true]", true),
            ("!Equals [!Ref Days, 90]", true),
            ("!Equals [!Ref Days, '9']", false),
            ("!Equals [!If [HasDomain, !Ref Domain, none], none]", true),
            ("!Not [!Condition IsBehindProxy]", false),
            ("!And [!Condition IsBehindProxy, !Not [!Condition HasDomain]]", true),
            ("!And [!Condition IsBehindProxy, !Condition HasDomain]", false),
            ("!Or [!Condition HasDomain, !Condition IsBehindProxy]", true),
            ("!Or [!Condition HasDomain, !Condition HasDomain]", false),
        ] {
            assert_eq!(holds(condition).unwrap(), is_true, "{condition}");
        }
    }

    #[test]
    fn an_undecidable_condition_is_an_error() {
        for condition in [
            "!Equals [!Ref Topic, '']",
            "!Equals [a]",
            "!Condition IsMissing",
            "!And [!Condition HasDomain, !Condition IsMissing]",
            "!Ref BehindProxy",
            "true",
        ] {
            assert!(holds(condition).is_err(), "{condition}");
        }
    }
}
