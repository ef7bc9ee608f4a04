//! The managed policies of a role, besides its own policy documents.

use super::TemplateError;
use super::function::Function;
use super::statement::Statement;
use serde_json::Value;
use std::collections::BTreeMap;

/// The managed policies of a template, by their logical names, with their properties.
#[derive(Clone, Debug)]
pub(super) struct ManagedPolicies(pub(super) BTreeMap<String, Value>);

impl ManagedPolicies {
    /// The statements of all policies of a function. A managed policy is attached to a role by the function,
    /// which names the policy, or by the policy, which names the role.
    pub(super) fn statements(&self, function: &Function) -> Result<Vec<Statement>, TemplateError> {
        let own = function.policies.iter().map(|policy| self.document(policy));
        let naming = self.0.values().filter(|policy| names_role_of(policy, function));
        let documents = own.chain(naming.map(|policy| Ok(&policy["PolicyDocument"])));
        let statements = documents.map(|document| Statement::read(document?, &function.name));
        Ok(statements.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The document of a function's policy. A policy of another template is refused, because its permissions are
    /// unknown.
    fn document<'a>(&'a self, policy: &'a Value) -> Result<&'a Value, TemplateError> {
        let Value::String(name) = policy else { return Ok(policy) };
        let elsewhere = || TemplateError::new(name, &"not a managed policy of the template");
        Ok(&self.0.get(name).ok_or_else(elsewhere)?["PolicyDocument"])
    }
}

/// SAM creates a role for each function, named after it.
fn names_role_of(policy: &Value, function: &Function) -> bool {
    let role = format!("{}Role", function.name);
    let mut roles = policy["Roles"].as_array().into_iter().flatten();
    roles.any(|it| it.as_str() == Some(&role))
}
