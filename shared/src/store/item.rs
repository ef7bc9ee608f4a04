//! Items of `DynamoDB` as Rust values.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// An item as the SDK returns it.
pub type Item = HashMap<String, AttributeValue>;

/// A number attribute.
pub fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A string attribute.
pub fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A binary attribute.
pub fn b(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// The attribute `name` as an unsigned number; `None` when it is missing or something else.
pub fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The attribute `name` as a string; `None` when it is missing or something else.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The attribute `name` as a boolean; `None` when it is missing or something else.
pub fn flag(item: &Item, name: &str) -> Option<bool> {
    item.get(name)?.as_bool().ok().copied()
}

/// The attribute `name` as exactly `N` bytes; `None` when it is missing or something else.
pub fn bytes<const N: usize>(item: &Item, name: &str) -> Option<[u8; N]> {
    item.get(name)?.as_b().ok()?.as_ref().try_into().ok()
}

/// An item has a malformed attribute. The attribute is missing, or has another type or form than this project writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an item of {table} has a malformed {attribute}")]
pub struct MalformedItem {
    /// The table's name in the template, without `Table`.
    pub table: &'static str,
    /// The attribute.
    pub attribute: &'static str,
}
