//! The permissions of a function on tables.

use super::TemplateError;
use super::source::text;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A statement of an IAM policy that allows actions of `DynamoDB`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Such as `dynamodb:GetItem`.
    pub actions: Vec<String>,
    /// The tables and indexes on which the actions are allowed.
    pub resources: Vec<TableResource>,
    /// The conditions, which must all hold.
    pub conditions: Vec<PolicyCondition>,
}

/// A table, or an index of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableResource {
    /// The table's name.
    pub table: String,
    /// The index's name, in a policy also `*`. A permission on a table covers none of its indexes.
    pub index: Option<String>,
}

/// A line of a statement's `Condition`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyCondition {
    /// The operator, such as `StringEquals` or `ForAllValues:StringLike`.
    pub operator: String,
    /// The condition key, such as `dynamodb:LeadingKeys`.
    pub key: String,
    /// The values. One of them must match.
    pub values: Vec<String>,
}

/// A statement as it is written. `NotAction`, `NotResource` and `Principal` are not understood.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Source {
    #[serde(rename = "Sid")]
    _name: Option<String>,
    effect: String,
    action: OneOrMore<String>,
    resource: OneOrMore<Value>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, OneOrMore<Value>>>,
}

/// A list of IAM. A list of one item may be written as that item.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    More(Vec<T>),
    One(T),
}

impl<T> OneOrMore<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(item) => vec![item],
            Self::More(items) => items,
        }
    }
}

impl Statement {
    /// The statements of a function's policy document that concern `DynamoDB`.
    pub(super) fn read(document: &Value, function: &str) -> Result<Vec<Self>, TemplateError> {
        let not_understood = |reason: &dyn ToString| TemplateError::new(function, reason);
        let statements = document.get("Statement").ok_or_else(|| not_understood(&"no policy document"))?;
        let statements: OneOrMore<Source> =
            serde_json::from_value(statements.clone()).map_err(|error| not_understood(&error))?;
        statements
            .into_vec()
            .into_iter()
            .filter_map(|it| it.read().map_err(|reason| not_understood(&reason)).transpose())
            .collect()
    }
}

impl Source {
    /// The statement, or none if it is about other services only.
    fn read(self) -> Result<Option<Statement>, String> {
        let actions = self.action.into_vec();
        if actions.iter().all(|it| is_of_another_service(it)) {
            return Ok(None);
        }
        if self.effect != "Allow" {
            return Err(format!("the effect {}", self.effect));
        }
        let conditions = self.condition.into_iter().flat_map(|(operator, keys)| {
            keys.into_iter().map(move |(key, values)| PolicyCondition::read(&operator, key, values))
        });
        Ok(Some(Statement {
            actions,
            resources: self.resource.into_vec().iter().map(TableResource::read).collect::<Result<_, _>>()?,
            conditions: conditions.collect::<Result<_, _>>()?,
        }))
    }
}

/// An action with a wildcard for the service is not: it includes `DynamoDB`.
fn is_of_another_service(action: &str) -> bool {
    let service = action.split_once(':').map(|(service, _)| service);
    service.is_some_and(|it| it != "dynamodb" && !it.contains(['*', '?']))
}

impl TableResource {
    /// Reads the ARN of a table or of its indexes. A table's name must be whole: a wildcard would grant more
    /// than a call needs.
    fn read(arn: &Value) -> Result<Self, String> {
        let not_a_table = || format!("{arn} is neither a table nor an index");
        let (_, path) = arn.as_str().and_then(|arn| arn.split_once(":table/")).ok_or_else(not_a_table)?;
        let (table, index) = match path.split_once("/index/") {
            Some((table, index)) => (table, Some(index.to_owned())),
            None => (path, None),
        };
        if table.is_empty() || table.contains(['*', '?', '/']) {
            return Err(not_a_table());
        }
        Ok(Self { table: table.to_owned(), index })
    }
}

impl PolicyCondition {
    fn read(operator: &str, key: String, values: OneOrMore<Value>) -> Result<Self, String> {
        let value = |value: &Value| text(value).ok_or_else(|| format!("{key} has no value: {value}"));
        let values = values.into_vec().iter().map(value).collect::<Result<_, _>>()?;
        Ok(Self { operator: operator.to_owned(), key, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Template;

    /// The statements of a function with these policies.
    fn statements(policies: &str) -> Result<Vec<Statement>, TemplateError> {
        let template = format!(
            "{{Resources: {{
               LoginFunction: {{Type: AWS::Serverless::Function,
                 Metadata: {{BuildProperties: {{Binary: login}}}}, Properties: {{Policies: {policies}}}}},
               KeysTable: {{Type: AWS::DynamoDB::Table, Properties: {{
                 AttributeDefinitions: [{{AttributeName: ring, AttributeType: S}}],
                 KeySchema: [{{AttributeName: ring, KeyType: HASH}}]}}}},
               ReadKeys: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {{
                 Statement: [{{Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt KeysTable.Arn}}]}}}}}},
               WriteKeys: {{Type: AWS::IAM::ManagedPolicy, Properties: {{
                 Roles: [!Ref StatusFunctionRole, !Ref LoginFunctionRole], PolicyDocument: {{
                 Statement: {{Effect: Allow, Action: 'dynamodb:PutItem', Resource: !GetAtt KeysTable.Arn}}}}}}}}}}}}"
        );
        Template::parse(&template).unwrap().statements("login")
    }

    fn policy(statement: &str) -> Result<Vec<Statement>, TemplateError> {
        let mut statements = statements(&format!("[{{Statement: [{statement}]}}]"))?;
        let attached = statements.pop().unwrap();
        assert_eq!(attached.actions, ["dynamodb:PutItem"], "WriteKeys names the role of the function");
        Ok(statements)
    }

    fn table(index: Option<&str>) -> TableResource {
        TableResource { table: "KeysTable".into(), index: index.map(str::to_owned) }
    }

    #[test]
    fn a_statement_allows_actions_on_tables_and_indexes() {
        let statements = policy(
            "{Sid: Keys, Effect: Allow, Action: [dynamodb:GetItem, dynamodb:Query],
              Resource: [!GetAtt KeysTable.Arn, !Sub '${KeysTable.Arn}/index/*',
                !Sub 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${KeysTable}/index/a']}",
        );
        let statement = Statement {
            actions: vec!["dynamodb:GetItem".into(), "dynamodb:Query".into()],
            resources: vec![table(None), table(Some("*")), table(Some("a"))],
            conditions: Vec::new(),
        };
        assert_eq!(statements.unwrap(), [statement]);
    }

    #[test]
    fn a_condition_has_an_operator_a_key_and_values() {
        let statements = policy(
            "{Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt KeysTable.Arn, Condition: {
              'ForAllValues:StringEquals': {'dynamodb:LeadingKeys': [sessions, devices]},
              'Null': {'dynamodb:LeadingKeys': false}}}",
        );
        let condition = |operator: &str, values: &[&str]| PolicyCondition {
            operator: operator.into(),
            key: "dynamodb:LeadingKeys".into(),
            values: values.iter().map(|&it| it.into()).collect(),
        };
        let all = condition("ForAllValues:StringEquals", &["sessions", "devices"]);
        assert_eq!(statements.unwrap()[0].conditions, [all, condition("Null", &["false"])]);
    }

    #[test]
    fn statements_of_other_services_are_left_out() {
        let statement = "{Effect: Deny, Action: 'logs:*', Resource: '*'}";
        assert_eq!(policy(statement).unwrap(), []);
    }

    #[test]
    fn managed_policies_of_the_template_count() {
        for policies in ["!Ref ReadKeys", "[!Ref ReadKeys]"] {
            let statements = statements(policies).unwrap();
            let actions: Vec<_> = statements.iter().flat_map(|it| &it.actions).collect();
            assert_eq!(actions, ["dynamodb:GetItem", "dynamodb:PutItem"], "{policies}");
        }
    }

    #[test]
    fn an_unknown_form_of_a_statement_is_an_error() {
        let on_all = |fields: &str| format!("[{{Statement: [{{Effect: Allow, {fields}}}]}}]");
        for policies in [
            "[AmazonDynamoDBFullAccess]".to_owned(),
            "[{DynamoDBCrudPolicy: {TableName: !Ref KeysTable}}]".to_owned(),
            on_all("Action: '*', Resource: !GetAtt KeysTable.Arn").replace("Allow", "Deny"),
            on_all("Action: 'dynamodb:GetItem', Resource: '*'"),
            on_all("Action: '*:GetItem', Resource: '*'"),
            on_all("Action: 'dynamodb:GetItem', Resource: 'arn:aws:dynamodb:us-east-1:000000000000:table/*'"),
            on_all("Action: 'dynamodb:GetItem', Resource: !Ref KeysTable"),
            on_all("Action: 'dynamodb:GetItem', NotResource: !GetAtt KeysTable.Arn"),
            on_all("NotAction: 'dynamodb:GetItem', Resource: !GetAtt KeysTable.Arn"),
        ] {
            assert!(statements(&policies).is_err(), "{policies}");
        }
    }
}
