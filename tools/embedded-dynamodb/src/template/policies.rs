//! The policies of a function's role.

use super::TemplateError;
use super::function::Function;
use super::statement::Statement;
use serde_json::Value;
use std::collections::BTreeMap;

/// The managed policies and the roles of a template, by their logical names, with their properties.
#[derive(Clone, Debug)]
pub(super) struct Policies {
    pub(super) managed: BTreeMap<String, Value>,
    pub(super) roles: BTreeMap<String, Value>,
}

impl Policies {
    /// The statements of all policies of a function's role. A managed policy is attached by the role, which names the
    /// policy, or by the policy, which names the role.
    pub(super) fn statements(&self, function: &Function) -> Result<Vec<Statement>, TemplateError> {
        let own = match &function.role {
            // SAM makes a role, named after the function.
            Value::Null => self.documents(&function.policies)?,
            role => self.of_role(role, function)?,
        };
        let role = role_name(function);
        let naming = self.managed.values().filter(|policy| names(policy, &role));
        let documents = own.into_iter().chain(naming.map(|policy| &policy["PolicyDocument"]));
        let statements = documents.map(|document| Statement::read(document, &function.name));
        Ok(statements.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The documents of a role's policies. A role of another template is refused, because its permissions are unknown.
    fn of_role<'a>(&'a self, role: &Value, function: &Function) -> Result<Vec<&'a Value>, TemplateError> {
        let elsewhere = || TemplateError::new(&function.name, &format!("not a role of the template: {role}"));
        let role = self.roles.get(&role_name(function)).ok_or_else(elsewhere)?;
        let own = role["Policies"].as_array().into_iter().flatten().map(|it| &it["PolicyDocument"]);
        let managed = role["ManagedPolicyArns"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(own.chain(self.documents(managed)?).collect())
    }

    /// The documents of policies, which are documents or names. A policy of another template is refused, because its
    /// permissions are unknown.
    fn documents<'a>(&'a self, policies: &'a [Value]) -> Result<Vec<&'a Value>, TemplateError> {
        let document = |policy: &'a Value| {
            let Value::String(name) = policy else { return Ok(policy) };
            let elsewhere = || TemplateError::new(name, &"not a managed policy of the template");
            Ok(&self.managed.get(name).ok_or_else(elsewhere)?["PolicyDocument"])
        };
        policies.iter().map(document).collect()
    }
}

/// The logical name of a function's role.
fn role_name(function: &Function) -> String {
    match function.role.as_str().and_then(|role| role.strip_suffix(".Arn")) {
        Some(role) => role.to_owned(),
        None => format!("{}Role", function.name),
    }
}

fn names(policy: &Value, role: &str) -> bool {
    let mut roles = policy["Roles"].as_array().into_iter().flatten();
    roles.any(|it| it.as_str() == Some(role))
}

#[cfg(test)]
mod tests {
    use crate::{Template, TemplateError};

    /// The actions of a function with this role, which the template may have.
    fn actions(role: &str, policies: &str) -> Result<Vec<String>, TemplateError> {
        let allowed = |action: &str| {
            format!("Statement: [{{Effect: Allow, Action: 'dynamodb:{action}', Resource: !GetAtt T.Arn}}]")
        };
        let template = format!(
            "{{Resources: {{
               T: {{Type: AWS::DynamoDB::Table, Properties: {{
                 AttributeDefinitions: [{{AttributeName: ring, AttributeType: S}}],
                 KeySchema: [{{AttributeName: ring, KeyType: HASH}}]}}}},
               F: {{Type: AWS::Serverless::Function, Metadata: {{BuildProperties: {{Binary: f}}}},
                 Properties: {{Role: {role}, Policies: [{{{}}}]}}}},
               Read: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {{{}}}}}}},
               Naming: {{Type: AWS::IAM::ManagedPolicy, Properties: {{
                 Roles: [!Ref Own], PolicyDocument: {{{}}}}}}},
               Own: {{Type: AWS::IAM::Role, Properties: {{ManagedPolicyArns: [{policies}],
                 Policies: [{{PolicyName: Tables, PolicyDocument: {{{}}}}}]}}}}}}}}",
            allowed("Scan"),
            allowed("GetItem"),
            allowed("PutItem"),
            allowed("Query"),
        );
        let statements = Template::parse(&template).unwrap().statements("f")?;
        Ok(statements.into_iter().flat_map(|it| it.actions).collect())
    }

    #[test]
    fn a_role_has_its_own_policies_and_managed_ones() {
        let query = ["dynamodb:Query", "dynamodb:PutItem"];
        assert_eq!(actions("!GetAtt Own.Arn", "").unwrap(), query);
        let read = ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem"];
        assert_eq!(actions("!GetAtt Own.Arn", "!Ref Read").unwrap(), read);
    }

    #[test]
    fn a_role_or_a_policy_of_another_template_is_an_error() {
        let aws = "'arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess'";
        assert!(actions("!GetAtt Own.Arn", aws).is_err());
        assert!(actions("!Ref RoleArn", "").is_err());
        assert!(actions("'arn:aws:iam::000000000000:role/Own'", "").is_err());
    }
}
