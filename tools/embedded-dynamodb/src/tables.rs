//! The tables of a template, made in a database.

use crate::StartError;
use crate::template::{Index, KeyAttribute, Table, Template};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use std::collections::BTreeMap;

/// Creates the template's tables that are missing, under their logical names. A table that is there
/// stays as it is.
///
/// # Errors
/// [`StartError::Table`].
pub async fn create_tables(dynamodb: &Client) -> Result<(), StartError> {
    create_tables_of(Template::of_workspace(), dynamodb).await
}

async fn create_tables_of(template: &Template, dynamodb: &Client) -> Result<(), StartError> {
    for table in template.tables() {
        let refused = |reason| StartError::Table { table: table.name.clone(), reason };
        match create_table(dynamodb, &table).send().await {
            Ok(_) => expire(dynamodb, &table).await.map_err(|error| refused(why(&error)))?,
            Err(error)
                if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {}
            Err(error) => return Err(refused(why(&error))),
        }
    }
    Ok(())
}

/// The database's message, or else the innermost cause. The layers around it only say that a call failed.
fn why(error: &(impl ProvideErrorMetadata + std::error::Error + 'static)) -> String {
    let outermost: &dyn std::error::Error = error;
    let innermost = std::iter::successors(Some(outermost), |error| error.source()).last();
    let cause = innermost.map(ToString::to_string).unwrap_or_default();
    error.message().map_or(cause, str::to_owned)
}

fn create_table(dynamodb: &Client, table: &Table) -> CreateTableFluentBuilder {
    let indexes: Vec<_> = table.indexes.iter().map(index).collect();
    let create = dynamodb.create_table().table_name(&table.name).billing_mode(BillingMode::PayPerRequest);
    create
        .set_attribute_definitions(Some(attributes(table)))
        .set_key_schema(Some(key_schema(&table.key)))
        .set_global_secondary_indexes(Some(indexes).filter(|indexes| !indexes.is_empty()))
}

/// Each attribute of a key once, although a table's key is often part of an index's too.
fn attributes(table: &Table) -> Vec<AttributeDefinition> {
    let keys = table.indexes.iter().flat_map(|index| &index.key).chain(&table.key);
    let kinds: BTreeMap<_, _> = keys.map(|it| (&it.name, it.kind.as_str())).collect();
    let definition = |(name, kind): (&String, &str)| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(ScalarAttributeType::from(kind)).build().expect("name and type are set")
    };
    kinds.into_iter().map(definition).collect()
}

fn key_schema(key: &[KeyAttribute]) -> Vec<KeySchemaElement> {
    let element = |it: &KeyAttribute| {
        let element = KeySchemaElement::builder().attribute_name(&it.name);
        element.key_type(KeyType::from(it.role.as_str())).build().expect("name and role are set")
    };
    key.iter().map(element).collect()
}

fn index(index: &Index) -> GlobalSecondaryIndex {
    let attributes = Some(index.projection.attributes.clone()).filter(|it| !it.is_empty());
    let projection = Projection::builder()
        .projection_type(ProjectionType::from(index.projection.kind.as_str()))
        .set_non_key_attributes(attributes);
    let index_with_key = GlobalSecondaryIndex::builder()
        .index_name(&index.name)
        .set_key_schema(Some(key_schema(&index.key)))
        .projection(projection.build());
    index_with_key.build().expect("name and key are set")
}

async fn expire(dynamodb: &Client, table: &Table) -> Result<(), aws_sdk_dynamodb::Error> {
    let Some(attribute) = &table.expires_by else { return Ok(()) };
    let ttl = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true);
    let update = dynamodb.update_time_to_live().table_name(&table.name);
    update.time_to_live_specification(ttl.build().expect("name and state are set")).send().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EmbeddedDynamoDb, Storage};
    use aws_sdk_dynamodb::types::AttributeValue;

    const NUMBERED: &str = "
        Resources:
          NumberedTable:
            Type: AWS::DynamoDB::Table
            Properties:
              AttributeDefinitions:
                - {AttributeName: email, AttributeType: S}
                - {AttributeName: member_id, AttributeType: N}
              KeySchema: [{AttributeName: email, KeyType: HASH}]
              GlobalSecondaryIndexes:
                - IndexName: by_number
                  KeySchema:
                    - {AttributeName: member_id, KeyType: HASH}
                    - {AttributeName: email, KeyType: RANGE}
                  Projection: {ProjectionType: KEYS_ONLY}";

    async fn put(dynamodb: &Client, email: &str, number: u64) {
        let put = dynamodb.put_item().table_name("NumberedTable");
        let put = put.item("email", AttributeValue::S(email.into()));
        let put = put.item("member_id", AttributeValue::N(number.to_string()));
        put.item("password_hash", AttributeValue::S("secret".into())).send().await.unwrap();
    }

    #[tokio::test]
    async fn an_index_finds_items_by_its_own_key_and_holds_no_more_than_keys() {
        let database = EmbeddedDynamoDb::start(Storage::Memory, 0).await.unwrap();
        let dynamodb = Client::from_conf(database.config().build());
        create_tables_of(&Template::parse(NUMBERED).unwrap(), &dynamodb).await.unwrap();
        put(&dynamodb, "ada@example.com", 7).await;
        put(&dynamodb, "bob@example.com", 8).await;
        let query = dynamodb.query().table_name("NumberedTable").index_name("by_number");
        let query = query.key_condition_expression("member_id = :number");
        let found = query.expression_attribute_values(":number", AttributeValue::N("7".into())).send().await;
        let mut found = found.unwrap().items.unwrap();
        let mut item = found.pop().unwrap();
        assert_eq!(item.remove("email"), Some(AttributeValue::S("ada@example.com".into())));
        assert_eq!(item.remove("member_id"), Some(AttributeValue::N("7".into())));
        assert!(found.is_empty() && item.is_empty());
    }
}
