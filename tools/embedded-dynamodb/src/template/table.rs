//! A table of a template.

use super::TemplateError;
use serde::Deserialize;
use serde_json::Value;

/// A table's schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The logical name, which is also the local table's name.
    pub name: String,
    /// The key, partition first.
    pub key: Vec<KeyAttribute>,
    /// The global secondary indexes.
    pub indexes: Vec<Index>,
    /// The TTL attribute, if the table has one.
    pub expires_by: Option<String>,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The index's name, which is not a logical name.
    pub name: String,
    /// The key, partition first.
    pub key: Vec<KeyAttribute>,
    /// The attributes in the index besides the keys.
    pub projection: Projection,
}

/// An attribute of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAttribute {
    /// The attribute's name.
    pub name: String,
    /// `S`, `N` or `B`.
    pub kind: String,
    /// `HASH` for the partition, `RANGE` for the order in it.
    pub role: String,
}

/// The attributes that an index holds besides its own key and the table's.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Projection {
    /// `KEYS_ONLY`, `INCLUDE` or `ALL`.
    #[serde(rename = "ProjectionType")]
    pub kind: String,
    /// The attributes of `INCLUDE`.
    #[serde(default, rename = "NonKeyAttributes")]
    pub attributes: Vec<String>,
}

/// The properties that are read. Other properties are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<Key>,
    #[serde(default)]
    global_secondary_indexes: Vec<IndexProperties>,
    time_to_live_specification: Option<TimeToLive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexProperties {
    index_name: String,
    key_schema: Vec<Key>,
    projection: Projection,
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
struct TimeToLive {
    attribute_name: Option<String>,
    enabled: bool,
}

impl Table {
    /// Reads the evaluated properties of a table.
    pub(super) fn read(name: &str, properties: Value) -> Result<Self, TemplateError> {
        let malformed = |reason: &dyn ToString| TemplateError::new(name, reason);
        let properties: Properties = serde_json::from_value(properties).map_err(|error| malformed(&error))?;
        let key = |schema: &[Key]| properties.key(schema).map_err(|reason| malformed(&reason));
        let index = |it: &IndexProperties| {
            Ok(Index {
                name: it.index_name.clone(),
                key: key(&it.key_schema)?,
                projection: it.projection.clone(),
            })
        };
        let expires = properties.time_to_live_specification.as_ref().filter(|it| it.enabled);
        Ok(Self {
            name: name.to_owned(),
            key: key(&properties.key_schema)?,
            indexes: properties.global_secondary_indexes.iter().map(index).collect::<Result<_, _>>()?,
            expires_by: expires.and_then(|it| it.attribute_name.clone()),
        })
    }
}

impl Properties {
    fn key(&self, schema: &[Key]) -> Result<Vec<KeyAttribute>, String> {
        schema.iter().map(|key| self.key_attribute(key)).collect()
    }

    fn key_attribute(&self, key: &Key) -> Result<KeyAttribute, String> {
        let mut defined = self.attribute_definitions.iter();
        let defined = defined.find(|it| it.attribute_name == key.attribute_name);
        Ok(KeyAttribute {
            name: key.attribute_name.clone(),
            kind: defined.ok_or(format!("{} is not defined", key.attribute_name))?.attribute_type.clone(),
            role: key.key_type.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Template;

    /// A table with these properties and the key `email`.
    fn table(properties: &str) -> Result<Table, TemplateError> {
        let template = format!(
            "{{Parameters: {{IsTemporary: {{Type: String, Default: 'true'}}}},
               Conditions: {{IsTemporary: !Equals [!Ref IsTemporary, 'true']}},
               Resources: {{MembersTable: {{Type: AWS::DynamoDB::Table, Properties: {{
                 AttributeDefinitions: [
                   {{AttributeName: email, AttributeType: S}}, {{AttributeName: member_id, AttributeType: N}}],
                 KeySchema: [{{AttributeName: email, KeyType: HASH}}],
                 {properties}}}}}}}}}"
        );
        Template::parse(&template).map(|it| it.tables().remove(0))
    }

    fn key(name: &str, kind: &str, role: &str) -> KeyAttribute {
        KeyAttribute { name: name.into(), kind: kind.into(), role: role.into() }
    }

    #[test]
    fn an_index_has_a_key_and_a_projection() {
        let properties = "GlobalSecondaryIndexes: [{
            IndexName: by_number,
            KeySchema: [{AttributeName: member_id, KeyType: HASH}, {AttributeName: email, KeyType: RANGE}],
            Projection: {ProjectionType: KEYS_ONLY}}]";
        let index = Index {
            name: "by_number".into(),
            key: vec![key("member_id", "N", "HASH"), key("email", "S", "RANGE")],
            projection: Projection { kind: "KEYS_ONLY".into(), attributes: Vec::new() },
        };
        let table = table(properties).unwrap();
        assert_eq!((table.key, table.indexes), (vec![key("email", "S", "HASH")], vec![index]));
    }

    #[test]
    fn items_expire_where_the_condition_says_so() {
        let expiring = "TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}";
        assert_eq!(table(expiring).unwrap().expires_by.as_deref(), Some("expires_at"));
        let switched_off = "TimeToLiveSpecification: {AttributeName: expires_at, Enabled: false}";
        assert_eq!(table(switched_off).unwrap().expires_by, None);
        let conditional = "TimeToLiveSpecification:
            !If [IsTemporary, {AttributeName: expires_at, Enabled: true}, !Ref 'AWS::NoValue']";
        assert_eq!(table(conditional).unwrap().expires_by.as_deref(), Some("expires_at"));
    }

    #[test]
    fn a_key_that_is_not_defined_is_an_error() {
        let properties = "GlobalSecondaryIndexes: [{IndexName: x, Projection: {ProjectionType: ALL},
            KeySchema: [{AttributeName: name, KeyType: HASH}]}]";
        assert_eq!(table(properties).unwrap_err().to_string(), "MembersTable: name is not defined");
    }
}
