//! What a client must be allowed to do, seen from what it sends.

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// An action of IAM on a table, as a policy grants it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// `dynamodb:GetItem`, ….
    pub action: String,
    /// The table's name.
    pub table: String,
}

/// Records the permissions that a client's calls need, as they go on the wire. Clones share the record.
#[derive(Clone, Debug, Default)]
pub struct PermissionsUsed(Arc<Mutex<BTreeSet<Permission>>>);

impl PermissionsUsed {
    /// All so far.
    #[must_use]
    pub fn so_far(&self) -> BTreeSet<Permission> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What is read of a call. A transaction names a table in each of its actions.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Call {
    #[serde(default)]
    table_name: String,
    transact_items: Option<Vec<BTreeMap<String, Target>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    table_name: String,
}

impl Call {
    /// A transaction needs the permission of each of its actions, and none of its own:
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>.
    fn permissions(self, operation: &str) -> BTreeSet<Permission> {
        let permission =
            |action: &str, table: String| Permission { action: format!("dynamodb:{action}"), table };
        let Some(items) = self.transact_items else { return [permission(operation, self.table_name)].into() };
        let items = items.into_iter().flatten();
        items.map(|(kind, target)| permission(&format!("{kind}Item"), target.table_name)).collect()
    }
}

impl Intercept for PermissionsUsed {
    fn name(&self) -> &'static str {
        "PermissionsUsed"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let operation = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let call: Call = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        let permissions = call.permissions(operation.unwrap_or_default());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(permissions);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(operation: &str, body: &str) -> Vec<String> {
        let call: Call = serde_json::from_str(body).unwrap();
        call.permissions(operation).into_iter().map(|it| format!("{} {}", it.action, it.table)).collect()
    }

    #[test]
    fn a_call_needs_what_it_is_called_and_a_transaction_what_it_holds() {
        assert_eq!(needed("GetItem", r#"{"TableName":"T"}"#), ["dynamodb:GetItem T"]);
        let transaction =
            r#"{"TransactItems":[{"ConditionCheck":{"TableName":"M"}},{"Put":{"TableName":"S"}}]}"#;
        assert_eq!(
            needed("TransactWriteItems", transaction),
            ["dynamodb:ConditionCheckItem M", "dynamodb:PutItem S"]
        );
    }
}
