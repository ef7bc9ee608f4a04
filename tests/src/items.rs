//! Reads and changes the tables directly, as a restore or another program does.

use crate::app::TestApp;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::store::Item;

impl TestApp {
    /// All items of a table.
    pub async fn items(&self, table: &str) -> Vec<Item> {
        let scan = self.database().scan().table_name(table).consistent_read(true);
        scan.send().await.expect("a database").items.unwrap_or_default()
    }

    /// The item whose string attribute has this value.
    pub async fn item(&self, table: &str, attribute: &str, value: &str) -> Item {
        let is_it = |item: &Item| item.get(attribute) == Some(&text(value));
        self.items(table).await.into_iter().find(is_it).expect("an item")
    }

    /// Writes an item.
    pub async fn put(&self, table: &str, item: &Item) {
        let put = self.database().put_item().table_name(table).set_item(Some(item.clone()));
        put.send().await.expect("a database");
    }

    /// Deletes the item with this partition key.
    pub async fn delete(&self, table: &str, key: &str, value: AttributeValue) {
        self.database().delete_item().table_name(table).key(key, value).send().await.expect("a database");
    }
}

/// A string attribute.
pub fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// The item with an attribute replaced, or removed if `value` is `None`.
pub fn with(item: &Item, attribute: &str, value: Option<AttributeValue>) -> Item {
    let mut item = item.clone();
    match value {
        Some(value) => item.insert(attribute.to_owned(), value),
        None => item.remove(attribute),
    };
    item
}
