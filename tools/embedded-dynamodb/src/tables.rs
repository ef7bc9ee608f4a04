//! The tables of `template.yaml`, made in a database under their logical names.

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

/// What is read of a SAM template. The reader drops the tags, so that `!Ref X` is the text `X`.
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

/// The properties of a table that an emulator needs.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Table {
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<Key>,
    #[serde(default)]
    global_secondary_indexes: Vec<Index>,
    time_to_live_specification: Option<TimeToLive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    attribute_name: String,
    key_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    #[serde(rename = "IndexName")]
    name: String,
    key_schema: Vec<Key>,
    projection: IndexProjection,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexProjection {
    projection_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLive {
    attribute_name: String,
    enabled: bool,
}

/// The environment variables that name a table, such as `MEMBERS_TABLE` with `MembersTable`. The functions have no
/// default for them.
pub fn table_variables() -> BTreeSet<(String, String)> {
    let functions =
        TEMPLATE.resources.values().map(|it| &it.properties).chain([&TEMPLATE.globals["Function"]]);
    let variables = functions.filter_map(|it| it["Environment"]["Variables"].as_object()).flatten();
    let is_table = |name: &&str| TEMPLATE.resources.get(*name).is_some_and(Resource::is_table);
    variables
        .filter_map(|(name, value)| Some((name.clone(), value.as_str().filter(is_table)?.to_owned())))
        .collect()
}

/// Creates the tables that are missing. An existing table stays as it is.
///
/// # Errors
/// [`StartError::Table`].
pub async fn create_tables(dynamodb: &Client) -> Result<(), StartError> {
    for (name, resource) in TEMPLATE.resources.iter().filter(|(_, it)| it.is_table()) {
        let table = Table::deserialize(&resource.properties).expect("a table has keys");
        table
            .create(dynamodb, name)
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

impl Table {
    async fn create(&self, dynamodb: &Client, name: &str) -> Result<(), aws_sdk_dynamodb::Error> {
        let indexes: Vec<_> = self.global_secondary_indexes.iter().map(Index::definition).collect();
        let create = dynamodb.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        let created = create
            .set_attribute_definitions(Some(
                self.attribute_definitions.iter().map(Attribute::definition).collect(),
            ))
            .set_key_schema(Some(key_schema(&self.key_schema)))
            .set_global_secondary_indexes(Some(indexes).filter(|indexes| !indexes.is_empty()))
            .send()
            .await;
        match created {
            Err(error)
                if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) =>
            {
                return Ok(());
            }
            created => created?,
        };
        let Some(expiry) = &self.time_to_live_specification else { return Ok(()) };
        let ttl =
            TimeToLiveSpecification::builder().attribute_name(&expiry.attribute_name).enabled(expiry.enabled);
        let update = dynamodb.update_time_to_live().table_name(name);
        update.time_to_live_specification(ttl.build().expect("name and state are set")).send().await?;
        Ok(())
    }
}

impl Attribute {
    fn definition(&self) -> AttributeDefinition {
        let definition = AttributeDefinition::builder().attribute_name(&self.attribute_name);
        definition.attribute_type(self.attribute_type.as_str().into()).build().expect("name and type are set")
    }
}

impl Index {
    fn definition(&self) -> GlobalSecondaryIndex {
        let kind = self.projection.projection_type.as_str();
        let definition = GlobalSecondaryIndex::builder()
            .index_name(&self.name)
            .set_key_schema(Some(key_schema(&self.key_schema)))
            .projection(Projection::builder().projection_type(kind.into()).build());
        definition.build().expect("name and key are set")
    }
}

fn key_schema(keys: &[Key]) -> Vec<KeySchemaElement> {
    let element = |key: &Key| {
        let element = KeySchemaElement::builder().attribute_name(&key.attribute_name);
        element.key_type(key.key_type.as_str().into()).build().expect("name and role are set")
    };
    keys.iter().map(element).collect()
}

/// The database's message, or else the innermost cause. The layers around it only say that a call failed.
fn why(error: &(impl ProvideErrorMetadata + std::error::Error + 'static)) -> String {
    let outermost: &dyn std::error::Error = error;
    let innermost = std::iter::successors(Some(outermost), |error| error.source()).last();
    let cause = innermost.map(ToString::to_string).unwrap_or_default();
    error.message().map_or(cause, str::to_owned)
}
