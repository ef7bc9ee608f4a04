//! One access of a call.

use embedded_dynamodb::TableResource;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The partition keys of the items that a request asks for.
pub(super) const LEADING_KEYS: &str = "dynamodb:LeadingKeys";

/// The attributes that a request names, in its keys, its items and its expressions.
pub(super) const ATTRIBUTES: &str = "dynamodb:Attributes";

/// An action on a table or an index, with what IAM's conditions can ask about the request. A call has several
/// if it is a transaction or a batch.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// Such as `dynamodb:GetItem`.
    pub action: String,
    /// The table or the index, by name.
    pub resource: TableResource,
    /// The request's values of IAM's condition keys.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html>
    pub(super) context: BTreeMap<&'static str, BTreeSet<String>>,
    /// Whether the request reads all attributes, because it names none to be returned.
    pub(super) reads_all: bool,
}

/// Leaves out the partition keys, because some are emails.
impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.action, name(&self.resource))?;
        let others = self.context.iter().filter(|(key, _)| **key != LEADING_KEYS);
        others.into_iter().try_for_each(|(key, values)| write!(formatter, ", {key} {values:?}"))
    }
}

/// The name of a table or an index, for messages.
pub(super) fn name(resource: &TableResource) -> String {
    let TableResource { table, index } = resource;
    index.as_ref().map_or_else(|| table.clone(), |index| format!("{table}/index/{index}"))
}
