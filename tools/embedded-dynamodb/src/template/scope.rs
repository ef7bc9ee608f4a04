//! Intrinsic functions, evaluated as a deployment evaluates them.

use super::TemplateError;
use super::source::{Expression, Resource, Source, text};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The pseudo parameters, which a deployment sets itself. The values are those of a deployment on this machine.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>
const PSEUDO_PARAMETERS: [(&str, &str); 5] = [
    ("AWS::AccountId", "000000000000"),
    ("AWS::Partition", "aws"),
    ("AWS::Region", "us-east-1"),
    ("AWS::StackName", "local"),
    ("AWS::URLSuffix", "amazonaws.com"),
];

/// The names that an expression can use: parameters with their values, conditions, and the resources, whose
/// logical names are the real ones here.
pub(super) struct Scope<'a> {
    /// No value: the parameter has no default and was not set.
    parameters: BTreeMap<&'a str, Option<String>>,
    pub(super) conditions: BTreeMap<&'a str, &'a Value>,
    tables: BTreeSet<&'a str>,
}

impl<'a> Scope<'a> {
    /// The scope of a template whose parameters have these values, and their defaults otherwise.
    pub(super) fn new(source: &'a Source, values: &BTreeMap<String, String>) -> Self {
        let value = |name| values.get(name).cloned();
        let pseudo = PSEUDO_PARAMETERS.map(|(name, value)| (name, Some(value.to_owned())));
        let declared = source.parameters.iter();
        let declared = declared.map(|(name, it)| (name.as_str(), value(name).or_else(|| it.default_text())));
        let tables = source.resources.iter().filter(|(_, it)| it.kind == super::TABLE);
        Self {
            parameters: pseudo.into_iter().chain(declared).collect(),
            conditions: source.conditions.iter().map(|(name, it)| (name.as_str(), &it.0)).collect(),
            tables: tables.map(|(name, _)| name.as_str()).collect(),
        }
    }

    /// The resources of a kind that the deployment creates, with their properties evaluated.
    pub(super) fn created<'s>(
        &self,
        source: &'s Source,
        kind: &str,
    ) -> Result<Vec<(&'s str, &'s Resource, Value)>, TemplateError> {
        let mut created = Vec::new();
        for (name, resource) in source.resources.iter().filter(|(_, it)| it.kind == kind) {
            if resource.condition.as_deref().map_or(Ok(true), |it| self.holds(it))? {
                created.push((name.as_str(), resource, self.evaluate_or_null(Some(&resource.properties))?));
            }
        }
        Ok(created)
    }

    /// The expression's value, or null if it has none.
    pub(super) fn evaluate_or_null(&self, expression: Option<&Expression>) -> Result<Value, TemplateError> {
        let value = expression.map_or(Ok(None), |it| self.evaluate(&it.0))?;
        Ok(value.unwrap_or_default())
    }

    /// The value with its functions evaluated; none if it is `AWS::NoValue`. Functions that are not known here,
    /// and references to parameters without a value, stay as they are: most templates have some where nothing
    /// is read.
    pub(super) fn evaluate(&self, value: &Value) -> Result<Option<Value>, TemplateError> {
        match value {
            Value::Array(items) => {
                let items = items.iter().filter_map(|item| self.evaluate(item).transpose());
                Ok(Some(Value::Array(items.collect::<Result<_, _>>()?)))
            }
            Value::Object(fields) => match call(fields) {
                Some((function, argument)) => self.apply(function, argument),
                None => self.evaluate_fields(fields).map(Some),
            },
            scalar => Ok(Some(scalar.clone())),
        }
    }

    fn evaluate_fields(&self, fields: &Map<String, Value>) -> Result<Value, TemplateError> {
        let fields = fields.iter().filter_map(|(name, value)| {
            let value = self.evaluate(value).transpose()?;
            Some(value.map(|value| (name.clone(), value)))
        });
        Ok(Value::Object(fields.collect::<Result<_, _>>()?))
    }

    fn apply(&self, function: &str, argument: &Value) -> Result<Option<Value>, TemplateError> {
        let items = argument.as_array().map(Vec::as_slice);
        match (function, argument, items) {
            ("Ref", Value::String(name), _) => Ok(self.reference(name)),
            ("Fn::GetAtt", Value::String(path), _) => Ok(Some(self.attribute(path))),
            ("Fn::GetAtt", _, Some([Value::String(name), Value::String(attribute)])) => {
                Ok(Some(self.attribute(&format!("{name}.{attribute}"))))
            }
            ("Fn::If", _, Some([Value::String(condition), yes, no])) => {
                self.evaluate(if self.holds(condition)? { yes } else { no })
            }
            ("Fn::Sub", Value::String(text), _) => self.substitute(text, &Map::new()).map(Some),
            ("Fn::Sub", _, Some([Value::String(text), Value::Object(variables)])) => {
                self.substitute(text, variables).map(Some)
            }
            _ => Ok(Some(json!({ function: argument }))),
        }
    }

    fn reference(&self, name: &str) -> Option<Value> {
        match self.parameters.get(name) {
            _ if name == "AWS::NoValue" => None,
            Some(Some(value)) => Some(value.as_str().into()),
            Some(None) => Some(json!({ "Ref": name })),
            None => Some(name.into()),
        }
    }

    /// A table's ARN is a real one, because policies name indexes below it. Nothing else is read.
    fn attribute(&self, path: &str) -> Value {
        match path.strip_suffix(".Arn").filter(|name| self.tables.contains(name)) {
            Some(table) => format!("arn:aws:dynamodb:us-east-1:000000000000:table/{table}").into(),
            None => path.into(),
        }
    }

    /// The text with each `${Name}` replaced, or unchanged if one has no value. `${!Name}` stands for `${Name}`.
    fn substitute(&self, text: &str, own: &Map<String, Value>) -> Result<Value, TemplateError> {
        let (mut replaced, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let unclosed = || TemplateError::new(text, &"a ${ is not closed");
            let (name, behind) = after.split_once('}').ok_or_else(unclosed)?;
            let Some(value) = self.variable(name, own)? else { return Ok(json!({ "Fn::Sub": text })) };
            replaced.extend([before, &value]);
            rest = behind;
        }
        Ok((replaced + rest).into())
    }

    fn variable(&self, name: &str, own: &Map<String, Value>) -> Result<Option<String>, TemplateError> {
        let value = match (name.strip_prefix('!'), own.get(name)) {
            (Some(literal), _) => return Ok(Some(format!("${{{literal}}}"))),
            (None, Some(value)) => self.evaluate(value)?,
            (None, None) if name.contains('.') => Some(self.attribute(name)),
            (None, None) => self.reference(name),
        };
        Ok(value.as_ref().and_then(self::text))
    }
}

/// The intrinsic function and its argument, if the map is a call.
fn call(fields: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = fields.iter();
    let (function, argument) = entries.next()?;
    let is_call = entries.next().is_none() && (function == "Ref" || function.starts_with("Fn::"));
    is_call.then_some((function, argument))
}

#[cfg(test)]
mod tests {
    use super::super::source::read;
    use super::*;

    const TEMPLATE: &str = "
        Parameters:
          Quota: {Type: String, Default: 5/60}
          Cost: {Type: Number, Default: 12}
          IsStrict: {Type: String, Default: true}
          Domain: {Type: String}
        Conditions:
          IsLocal: !Equals [!Ref AWS::StackName, local]
        Resources:
          MembersTable: {Type: AWS::DynamoDB::Table}
          Api: {Type: AWS::Serverless::HttpApi}";

    fn evaluate(expression: &str, values: &[(&str, &str)]) -> Result<Option<Value>, TemplateError> {
        let source = read(TEMPLATE).unwrap();
        let values = values.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let Expression(expression) = read(expression).unwrap();
        Scope::new(&source, &values.collect()).evaluate(&expression)
    }

    #[test]
    fn a_reference_is_a_value_or_a_name() {
        for (expression, value) in [
            ("!Ref Quota", "5/60"),
            ("!Ref Cost", "12"),
            ("!Ref IsStrict", "true"),
            ("!Ref AWS::Region", "us-east-1"),
            ("!Ref MembersTable", "MembersTable"),
            ("!GetAtt MembersTable.Arn", "arn:aws:dynamodb:us-east-1:000000000000:table/MembersTable"),
            ("!GetAtt [Api, ApiEndpoint]", "Api.ApiEndpoint"),
            ("!GetAtt Api.Arn", "Api.Arn"),
        ] {
            assert_eq!(evaluate(expression, &[]).unwrap(), Some(json!(value)), "{expression}");
        }
    }

    #[test]
    fn a_value_goes_before_the_default() {
        assert_eq!(evaluate("!Ref Quota", &[("Quota", "9/60")]).unwrap(), Some(json!("9/60")));
        assert_eq!(evaluate("!Ref Domain", &[("Domain", "a.example")]).unwrap(), Some(json!("a.example")));
    }

    #[test]
    fn text_is_filled_with_values_names_and_its_own_variables() {
        for (expression, value) in [
            ("!Sub 'q=${Quota} c=${Cost}.'", "q=5/60 c=12."),
            ("!Sub plain", "plain"),
            (
                "!Sub '${MembersTable.Arn}/index/*'",
                "arn:aws:dynamodb:us-east-1:000000000000:table/MembersTable/index/*",
            ),
            ("!Sub ['${X}${Quota}', {X: !Ref Cost}]", "125/60"),
            ("!Sub '${!Literal}'", "${Literal}"),
            ("!Sub '{{resolve:secretsmanager:${Secret}}}'", "{{resolve:secretsmanager:Secret}}"),
        ] {
            assert_eq!(evaluate(expression, &[]).unwrap(), Some(json!(value)), "{expression}");
        }
    }

    #[test]
    fn a_branch_that_is_not_taken_is_not_there() {
        let list = "[a, !If [IsLocal, !Ref AWS::NoValue, b], !If [IsLocal, {c: !Ref Cost}, d]]";
        assert_eq!(evaluate(list, &[]).unwrap(), Some(json!(["a", { "c": "12" }])));
        let map = "{a: 1, b: !If [IsLocal, !Ref 'AWS::NoValue', 2], c: {d: !Ref 'AWS::NoValue'}}";
        assert_eq!(evaluate(map, &[]).unwrap(), Some(json!({ "a": 1, "c": {} })));
        assert_eq!(evaluate("!If [IsLocal, !Ref 'AWS::NoValue', 2]", &[]).unwrap(), None);
    }

    #[test]
    fn a_reference_without_a_local_value_stays_unchanged() {
        for expression in ["!Ref Domain", "!Sub 'https://${Domain}/'", "!ImportValue x", "!Split [',', a]"] {
            let value = evaluate(expression, &[]).unwrap().unwrap();
            assert!(value.is_object(), "{expression} is {value}");
        }
    }

    #[test]
    fn an_unknown_condition_and_open_text_are_errors() {
        for (expression, error) in [
            ("!If [IsMissing, 1, 2]", "IsMissing: no condition has this name"),
            ("!Sub 'a${b'", "a${b: a ${ is not closed"),
        ] {
            assert_eq!(evaluate(expression, &[]).unwrap_err().to_string(), error);
        }
    }
}
