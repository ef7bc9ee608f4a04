//! The permissions of a function's role.

use super::access::{ATTRIBUTES, Access, LEADING_KEYS, name};
use super::condition::{is_met, uses};
use embedded_dynamodb::{PolicyCondition, Statement, TableResource, Template};
use std::collections::BTreeSet;

/// The permissions of a function's role on tables.
pub struct Role(Vec<Statement>);

impl Role {
    /// The role of the function `binary` of a template.
    ///
    /// # Panics
    /// When one of its policies is not understood.
    pub fn of(binary: &str, template: &Template) -> Self {
        Self(template.statements(binary).expect("policies that are understood"))
    }

    /// The accesses that no statement allows.
    pub fn refused<'a>(&self, accesses: &'a BTreeSet<Access>) -> Vec<&'a Access> {
        accesses.iter().filter(|access| !self.0.iter().any(|it| allows(it, access))).collect()
    }

    /// Permissions that no access needs: an action on a table, or a value of a condition.
    pub fn unused(&self, accesses: &BTreeSet<Access>) -> Vec<String> {
        self.0.iter().flat_map(|statement| unused(statement, accesses)).collect()
    }
}

fn unused(statement: &Statement, accesses: &BTreeSet<Access>) -> Vec<String> {
    let allowed: Vec<_> = accesses.iter().filter(|access| allows(statement, access)).collect();
    [unused_actions(statement, &allowed), unused_values(statement, &allowed)].concat()
}

fn unused_actions(statement: &Statement, allowed: &[&Access]) -> Vec<String> {
    let is_used = |action: &str, resource| {
        allowed.iter().any(|it| it.action == action && covers(resource, &it.resource))
    };
    let resources = statement.resources.iter();
    let grants = resources.flat_map(|it| statement.actions.iter().map(move |action| (action, it)));
    let unused = grants.filter(|(action, resource)| !is_used(action, resource));
    unused.map(|(action, resource)| format!("{action} on {}", name(resource))).collect()
}

fn unused_values(statement: &Statement, allowed: &[&Access]) -> Vec<String> {
    let conditions = statement.conditions.iter().filter(|it| restricts(it));
    let values = conditions.flat_map(|it| it.values.iter().map(move |value| (it, value)));
    let unused = values.filter(|(condition, value)| !allowed.iter().any(|it| uses(it, condition, value)));
    unused.map(|(condition, value)| format!("{} {value}", condition.key)).collect()
}

/// An action with a wildcard allows nothing here: it would grant more than is used.
fn allows(statement: &Statement, access: &Access) -> bool {
    statement.actions.contains(&access.action)
        && statement.resources.iter().any(|it| covers(it, &access.resource))
        && statement.conditions.iter().all(|it| is_met(it, access))
}

/// A permission on a table covers none of its indexes; `index/*` covers them all.
fn covers(granted: &TableResource, needed: &TableResource) -> bool {
    let index = match (&granted.index, &needed.index) {
        (Some(granted), Some(needed)) => granted == "*" || granted == needed,
        (granted, needed) => granted == needed,
    };
    index && granted.table == needed.table
}

/// Whether each value of the condition is a permission of its own, which some access must need.
fn restricts(condition: &PolicyCondition) -> bool {
    condition.operator != "Null" && [ATTRIBUTES, LEADING_KEYS].contains(&condition.key.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::call;
    use super::*;
    use serde_json::{Value, json};

    /// A role with these statements, and the accesses of these calls.
    fn role_and_accesses(statements: &str, calls: &[(&str, Value)]) -> (Role, BTreeSet<Access>) {
        let template = Template::parse(&format!(
            "{{Resources: {{
               F: {{Type: AWS::Serverless::Function, Metadata: {{BuildProperties: {{Binary: f}}}},
                 Properties: {{Policies: [{{Statement: [{statements}]}}]}}}},
               Keys: {{Type: AWS::DynamoDB::Table, Properties: {{
                 AttributeDefinitions: [
                   {{AttributeName: ring, AttributeType: S}}, {{AttributeName: owner, AttributeType: S}}],
                 KeySchema: [{{AttributeName: ring, KeyType: HASH}}],
                 GlobalSecondaryIndexes: [{{IndexName: by_owner, Projection: {{ProjectionType: KEYS_ONLY}},
                   KeySchema: [{{AttributeName: owner, KeyType: HASH}}]}}]}}}}}}}}"
        ));
        let template = template.unwrap();
        let accesses = calls.iter().flat_map(|(it, body)| call::accesses(it, body, &template.tables()));
        (Role::of("f", &template), accesses.collect())
    }

    /// The refused accesses and the unused permissions of these statements with these calls.
    fn checked(statements: &str, calls: &[(&str, Value)]) -> (usize, Vec<String>) {
        let (role, accesses) = role_and_accesses(statements, calls);
        (role.refused(&accesses).len(), role.unused(&accesses))
    }

    fn get(ring: &str) -> (&'static str, Value) {
        ("GetItem", json!({ "TableName": "Keys", "Key": { "ring": { "S": ring } } }))
    }

    fn query(index: Option<&str>) -> (&'static str, Value) {
        ("Query", json!({ "TableName": "Keys", "IndexName": index }))
    }

    fn update(expression: &str) -> (&'static str, Value) {
        let key = json!({ "ring": { "S": "sessions" } });
        ("UpdateItem", json!({ "TableName": "Keys", "Key": key, "UpdateExpression": expression }))
    }

    const NOTHING: [String; 0] = [];

    #[test]
    fn what_is_used_is_allowed_and_what_is_allowed_is_used() {
        let statement =
            "{Effect: Allow, Action: [dynamodb:GetItem, dynamodb:PutItem], Resource: !GetAtt Keys.Arn}";
        let unused = vec!["dynamodb:PutItem on Keys".to_owned()];
        assert_eq!(checked(statement, &[get("sessions"), query(None)]), (1, unused));
        let everything = "{Effect: Allow, Action: 'dynamodb:*', Resource: !GetAtt Keys.Arn}";
        assert_eq!(checked(everything, &[get("sessions")]), (1, vec!["dynamodb:* on Keys".to_owned()]));
    }

    #[test]
    fn a_table_is_one_resource_and_each_of_its_indexes_another() {
        let statement =
            |resource: &str| format!("{{Effect: Allow, Action: 'dynamodb:Query', Resource: {resource}}}");
        for (resource, calls, refused) in [
            ("!GetAtt Keys.Arn", [query(None)], 0),
            ("!GetAtt Keys.Arn", [query(Some("by_owner"))], 1),
            ("!Sub '${Keys.Arn}/index/*'", [query(Some("by_owner"))], 0),
            ("!Sub '${Keys.Arn}/index/*'", [query(None)], 1),
            ("!Sub '${Keys.Arn}/index/by_owner'", [query(Some("by_owner"))], 0),
            ("!Sub '${Keys.Arn}/index/by_name'", [query(Some("by_owner"))], 1),
        ] {
            let (role, accesses) = role_and_accesses(&statement(resource), &calls);
            assert_eq!(role.refused(&accesses).len(), refused, "{resource} {accesses:?}");
            assert_eq!(role.unused(&accesses).len(), refused, "{resource} {accesses:?}");
        }
    }

    #[test]
    fn keys_outside_the_condition_are_refused() {
        let statement = "{Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt Keys.Arn,
            Condition: {'ForAllValues:StringEquals': {'dynamodb:LeadingKeys': [sessions]}}}";
        assert_eq!(checked(statement, &[get("sessions")]), (0, NOTHING.into()));
        assert_eq!(checked(statement, &[get("sessions"), get("devices")]), (1, NOTHING.into()));
    }

    #[test]
    fn attributes_outside_the_condition_are_refused() {
        let statement = "{Effect: Allow, Action: 'dynamodb:UpdateItem', Resource: !GetAtt Keys.Arn,
            Condition: {'ForAllValues:StringEquals': {'dynamodb:Attributes': [ring, current]}}}";
        assert_eq!(checked(statement, &[update("SET current = :c")]), (0, NOTHING.into()));
        assert_eq!(
            checked(statement, &[update("SET current = :c"), update("SET #n = :c, other = :c")]),
            (1, NOTHING.into())
        );
    }

    #[test]
    fn a_value_of_a_condition_that_no_call_needs_is_unused() {
        let statement = "{Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt Keys.Arn, Condition: {
            'ForAllValues:StringEquals': {'dynamodb:LeadingKeys': [sessions, devices]},
            'Null': {'dynamodb:LeadingKeys': false}}}";
        let unused = vec!["dynamodb:LeadingKeys devices".to_owned()];
        assert_eq!(checked(statement, &[get("sessions")]), (0, unused));
        assert_eq!(checked(statement, &[get("sessions"), get("devices")]), (0, NOTHING.into()));
    }

    #[test]
    fn a_message_names_no_partition_key() {
        let (_, accesses) = role_and_accesses("", &[get("ada@example.com")]);
        assert_eq!(format!("{accesses:?}"), r#"{dynamodb:GetItem on Keys, dynamodb:Attributes {"ring"}}"#);
    }
}
