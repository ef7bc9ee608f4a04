//! The accesses of a call.

use super::access::{ATTRIBUTES, Access, LEADING_KEYS};
use super::expression::Expression;
use embedded_dynamodb::{Table, TableResource};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The fields of a request that hold expressions.
const EXPRESSIONS: [&str; 5] = [
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
];

/// Fields of a request that IAM's conditions can compare directly.
const ASKED_FOR: [(&str, &str); 2] =
    [("dynamodb:ReturnValues", "ReturnValues"), ("dynamodb:Select", "Select")];

/// The actions that return attributes of items: all attributes, unless the request names some.
const READS: [&str; 4] = ["BatchGetItem", "GetItem", "Query", "Scan"];

/// The accesses of a call. A transaction needs the permission of each of its actions, and none of its own:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>.
/// A batch needs its own permission, on each of its tables.
pub(super) fn accesses(operation: &str, body: &Value, tables: &[Table]) -> Vec<Access> {
    let access = |action: &str, table: &str, body: &Value| Request { body, table, tables }.access(action);
    if let Some(actions) = body["TransactItems"].as_array() {
        let actions = actions.iter().filter_map(Value::as_object).flatten();
        return actions.map(|(kind, it)| access(&format!("{kind}Item"), table_of(it), it)).collect();
    }
    match body["RequestItems"].as_object() {
        Some(batch) => batch.iter().map(|(table, it)| access(operation, table, it)).collect(),
        None => vec![access(operation, table_of(body), body)],
    }
}

fn table_of(request: &Value) -> &str {
    request["TableName"].as_str().unwrap_or_default()
}

/// A request to one table.
struct Request<'a> {
    body: &'a Value,
    table: &'a str,
    tables: &'a [Table],
}

impl Request<'_> {
    fn access(&self, action: &str) -> Access {
        let mut context =
            BTreeMap::from([(LEADING_KEYS, self.leading_keys()), (ATTRIBUTES, self.attributes())]);
        let asked_for = ASKED_FOR.map(|(key, field)| (key, self.body[field].as_str()));
        context.extend(asked_for.map(|(key, value)| (key, value.map(str::to_owned).into_iter().collect())));
        context.retain(|_, values| !values.is_empty());
        Access {
            action: format!("dynamodb:{action}"),
            resource: TableResource { table: self.table.to_owned(), index: self.index().map(str::to_owned) },
            context,
            reads_all: READS.contains(&action) && !self.names_what_it_reads(),
        }
    }

    fn index(&self) -> Option<&str> {
        self.body["IndexName"].as_str()
    }

    fn names_what_it_reads(&self) -> bool {
        self.body["ProjectionExpression"].is_string() || self.body["Select"] == "COUNT"
    }

    /// The partition keys of the items, or of the query's one partition. A scan has none.
    fn leading_keys(&self) -> BTreeSet<String> {
        let Some(name) = self.partition_key() else { return BTreeSet::new() };
        let of_items = self.items().into_iter().filter_map(|item| item.get(name));
        let of_query = self.expression("KeyConditionExpression").and_then(|it| it.equals(name));
        of_items.chain(of_query).filter_map(value_text).collect()
    }

    /// The name of the attribute by which the table is partitioned, or the index if the request has one.
    fn partition_key(&self) -> Option<&str> {
        let table = self.tables.iter().find(|table| table.name == self.table)?;
        let key = match self.index() {
            Some(name) => &table.indexes.iter().find(|index| index.name == name)?.key,
            None => &table.key,
        };
        key.iter().find(|it| it.role == "HASH").map(|it| it.name.as_str())
    }

    fn attributes(&self) -> BTreeSet<String> {
        let of_items = self.items().into_iter().flat_map(Map::keys).cloned();
        let expressions = EXPRESSIONS.iter().filter_map(|field| self.expression(field));
        of_items.chain(expressions.flat_map(|it| it.attributes())).collect()
    }

    fn expression(&self, field: &str) -> Option<Expression<'_>> {
        Expression::of(self.body, field)
    }

    /// The keys and items of the request, of which a batch has several.
    fn items(&self) -> Vec<&Map<String, Value>> {
        let keys = self.body["Keys"].as_array().into_iter().flatten();
        let writes = self.body.as_array().into_iter().flatten();
        let written = writes.flat_map(|it| [&it["PutRequest"]["Item"], &it["DeleteRequest"]["Key"]]);
        let one = [&self.body["Key"], &self.body["Item"]];
        one.into_iter().chain(keys).chain(written).filter_map(Value::as_object).collect()
    }
}

/// The value of an attribute without its type: text, a number's digits, or base64.
fn value_text(value: &Value) -> Option<String> {
    value.as_object()?.values().next()?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_dynamodb::Template;
    use serde_json::json;

    fn tables() -> Vec<Table> {
        let template = "{Resources: {T: {Type: AWS::DynamoDB::Table, Properties: {
            AttributeDefinitions: [{AttributeName: id, AttributeType: N}, {AttributeName: owner, AttributeType: S}],
            KeySchema: [{AttributeName: id, KeyType: HASH}],
            GlobalSecondaryIndexes: [{IndexName: by_owner, Projection: {ProjectionType: KEYS_ONLY},
                KeySchema: [{AttributeName: owner, KeyType: HASH}, {AttributeName: id, KeyType: RANGE}]}]}}}}";
        Template::parse(template).unwrap().tables()
    }

    /// Action, resource, partition keys and attributes of each access.
    fn seen(operation: &str, body: &Value) -> Vec<String> {
        let accesses = accesses(operation, body, &tables());
        let values = |access: &Access, key| {
            let values = access.context.get(key).cloned().unwrap_or_default();
            values.into_iter().collect::<Vec<_>>().join(",")
        };
        let line = |it: &Access| {
            let resource = super::super::access::name(&it.resource);
            format!("{} {resource} {} {}", it.action, values(it, LEADING_KEYS), values(it, ATTRIBUTES))
        };
        accesses.iter().map(line).collect()
    }

    #[test]
    fn a_call_accesses_its_item() {
        let key = json!({ "id": { "N": "7" } });
        assert_eq!(seen("GetItem", &json!({ "TableName": "T", "Key": key })), ["dynamodb:GetItem T 7 id"]);
        let put = json!({ "TableName": "T", "Item": { "id": { "N": "7" }, "name": { "S": "x" } } });
        assert_eq!(seen("PutItem", &put), ["dynamodb:PutItem T 7 id,name"]);
        let update = json!({ "TableName": "T", "Key": key, "UpdateExpression": "SET tat = :t",
            "ConditionExpression": "attribute_exists(#n)", "ExpressionAttributeNames": { "#n": "name" } });
        assert_eq!(seen("UpdateItem", &update), ["dynamodb:UpdateItem T 7 id,name,tat"]);
    }

    #[test]
    fn a_query_accesses_the_partition_of_a_table_or_an_index() {
        let mut query = json!({ "TableName": "T", "KeyConditionExpression": "id = :i",
            "ExpressionAttributeValues": { ":i": { "N": "7" } } });
        assert_eq!(seen("Query", &query), ["dynamodb:Query T 7 id"]);
        query["IndexName"] = json!("by_owner");
        query["KeyConditionExpression"] = json!("owner = :i AND id > :i");
        assert_eq!(seen("Query", &query), ["dynamodb:Query T/index/by_owner 7 id,owner"]);
        assert_eq!(seen("Scan", &json!({ "TableName": "T" })), ["dynamodb:Scan T  "]);
    }

    #[test]
    fn a_transaction_has_the_accesses_of_its_actions() {
        let body = json!({ "TransactItems": [
            { "ConditionCheck": { "TableName": "T", "Key": { "id": { "N": "1" } } } },
            { "Put": { "TableName": "S", "Item": { "session": { "B": "AA==" } } } } ] });
        let expected = ["dynamodb:ConditionCheckItem T 1 id", "dynamodb:PutItem S  session"];
        assert_eq!(seen("TransactWriteItems", &body), expected);
    }

    #[test]
    fn a_batch_accesses_each_of_its_tables() {
        let keys = json!([{ "id": { "N": "1" } }, { "id": { "N": "2" } }]);
        let read = json!({ "RequestItems": { "S": { "Keys": [] }, "T": { "Keys": keys } } });
        let expected = ["dynamodb:BatchGetItem S  ", "dynamodb:BatchGetItem T 1,2 id"];
        assert_eq!(seen("BatchGetItem", &read), expected);
        let write = json!({ "RequestItems": { "T": [
            { "PutRequest": { "Item": { "id": { "N": "1" }, "name": { "S": "x" } } } },
            { "DeleteRequest": { "Key": { "id": { "N": "2" } } } } ] } });
        assert_eq!(seen("BatchWriteItem", &write), ["dynamodb:BatchWriteItem T 1,2 id,name"]);
    }

    #[test]
    fn a_read_that_names_no_attributes_reads_all() {
        let reads_all = |operation, body| accesses(operation, &body, &tables())[0].reads_all;
        let named = json!({ "TableName": "T", "ProjectionExpression": "id" });
        for operation in READS {
            assert!(reads_all(operation, json!({ "TableName": "T" })), "{operation}");
            assert!(!reads_all(operation, named.clone()), "{operation}");
        }
        assert!(!reads_all("Query", json!({ "TableName": "T", "Select": "COUNT" })));
        assert!(!reads_all("PutItem", json!({ "TableName": "T" })));
    }
}
