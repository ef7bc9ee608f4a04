//! Creates the tables of `template.yaml` in a database, under their logical names.

use crate::StartError;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, Projection,
    TimeToLiveSpecification,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    serde_saphyr::from_str(include_str!("../../../template.yaml")).expect("template.yaml is a template")
});

/// The parts of a SAM template that this module reads. The parser drops the tags, so `!Ref X` becomes the text `X`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    globals: Value,
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    r#type: String,
    #[serde(default)]
    properties: Value,
}

/// The environment variables that name a table, each with the table's logical name, such as `MEMBERS_TABLE` with
/// `MembersTable`. The functions have no defaults for these variables.
pub fn table_variables() -> BTreeSet<(String, String)> {
    let functions =
        TEMPLATE.resources.values().map(|it| &it.properties).chain([&TEMPLATE.globals["Function"]]);
    let variables = functions.filter_map(|it| it["Environment"]["Variables"].as_object()).flatten();
    let is_table = |name: &&str| TEMPLATE.resources.get(*name).is_some_and(Resource::is_table);
    variables
        .filter_map(|(name, value)| Some((name.clone(), value.as_str().filter(is_table)?.to_owned())))
        .collect()
}

/// Creates the missing tables. Existing tables are not changed.
///
/// # Errors
/// [`StartError::Table`].
pub async fn create_tables(dynamodb: &Client) -> Result<(), StartError> {
    for (name, resource) in TEMPLATE.resources.iter().filter(|(_, it)| it.is_table()) {
        create(dynamodb, name, &resource.properties)
            .await
            .map_err(|error| StartError::Table { table: name.clone(), reason: why(&error) })?;
    }
    Ok(())
}

impl Resource {
    fn is_table(&self) -> bool {
        self.r#type == "AWS::DynamoDB::Table"
    }
}

/// Creates a table with those of its properties that an emulator needs. Does nothing if the table exists.
async fn create(dynamodb: &Client, name: &str, table: &Value) -> Result<(), aws_sdk_dynamodb::Error> {
    let attributes = list(&table["AttributeDefinitions"], |it| {
        let attribute = AttributeDefinition::builder().attribute_name(text(&it["AttributeName"]));
        attribute.attribute_type(text(&it["AttributeType"]).into()).build().expect("name and type are set")
    });
    let indexes = list(&table["GlobalSecondaryIndexes"], |it| {
        let kind = text(&it["Projection"]["ProjectionType"]);
        let index = GlobalSecondaryIndex::builder()
            .index_name(text(&it["IndexName"]))
            .set_key_schema(Some(key_schema(&it["KeySchema"])))
            .projection(Projection::builder().projection_type(kind.into()).build());
        index.build().expect("name and key are set")
    });
    let create = dynamodb.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    let create = create
        .set_attribute_definitions(Some(attributes))
        .set_key_schema(Some(key_schema(&table["KeySchema"])))
        .set_global_secondary_indexes(Some(indexes).filter(|indexes| !indexes.is_empty()));
    match create.send().await {
        Err(error)
            if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) =>
        {
            return Ok(());
        }
        created => created?,
    };
    let expiry = &table["TimeToLiveSpecification"];
    if !expiry.is_null() {
        let ttl =
            TimeToLiveSpecification::builder().attribute_name(text(&expiry["AttributeName"])).enabled(true);
        let update = dynamodb.update_time_to_live().table_name(name);
        update.time_to_live_specification(ttl.build().expect("name and state are set")).send().await?;
    }
    Ok(())
}

fn key_schema(keys: &Value) -> Vec<KeySchemaElement> {
    list(keys, |it| {
        let key = KeySchemaElement::builder().attribute_name(text(&it["AttributeName"]));
        key.key_type(text(&it["KeyType"]).into()).build().expect("name and role are set")
    })
}

/// Converts the items of a list in the template. A missing list is empty.
fn list<T>(items: &Value, convert: impl Fn(&Value) -> T) -> Vec<T> {
    items.as_array().into_iter().flatten().map(convert).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a table in template.yaml is complete")
}

/// The database's message, or the innermost cause. The outer errors only say that a call failed.
fn why(error: &(impl ProvideErrorMetadata + std::error::Error + 'static)) -> String {
    let outermost: &dyn std::error::Error = error;
    let innermost = std::iter::successors(Some(outermost), |error| error.source()).last();
    let cause = innermost.map(ToString::to_string).unwrap_or_default();
    error.message().map_or(cause, str::to_owned)
}
