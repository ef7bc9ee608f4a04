//! Members' ids.
//!
//! Invariant: no id belongs to two members, because a session belongs to an id. An id is claimed in the `Epochs` table
//! by the transaction that adds the member, and stays claimed when the member is removed. A counter proposes ids for
//! new members. A proposed id can be claimed already, because imported members may keep their ids, and because a
//! restored `Members` table has an older counter. The counter then skips ahead in doubling steps.

use crate::members::MemberId;
use crate::store::{self, StoreError, if_condition_held, n, s};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValue;

/// The key of the counter's item in the `Members` table. No email equals this key, because the key has capital letters.
/// The item's attribute `given` is the last id that the counter proposed.
const COUNTER: &str = "MEMBER_IDS";

/// The counter of one `Members` table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counter<'a> {
    pub(crate) dynamodb: &'a Client,
    pub(crate) table: &'a str,
}

impl Counter<'_> {
    /// Advances the counter by `step` and returns the proposed id.
    pub(crate) async fn advance(&self, step: u64) -> Result<MemberId, StoreError> {
        let latest = MemberId::LARGEST.get().saturating_sub(step);
        let update = self
            .dynamodb
            .update_item()
            .table_name(self.table)
            .key("email", s(COUNTER))
            .update_expression("ADD given :step")
            .condition_expression("attribute_not_exists(given) OR given <= :latest")
            .expression_attribute_values(":step", n(step))
            .expression_attribute_values(":latest", n(latest))
            .return_values(ReturnValue::UpdatedNew);
        let updated = if_condition_held(update.send().await)?;
        let updated = updated.ok_or_else(|| StoreError::inconsistent("no member id is left"))?;
        let id = store::number(&updated.attributes.unwrap_or_default(), "given").and_then(MemberId::new);
        id.ok_or_else(|| StoreError::inconsistent("the counter of member ids is malformed"))
    }

    /// Advances the counter to `id`, unless it is already there or beyond.
    pub(crate) async fn advance_to(&self, id: MemberId) -> Result<(), StoreError> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(self.table)
            .key("email", s(COUNTER))
            .update_expression("SET given = :id")
            .condition_expression("attribute_not_exists(given) OR given < :id")
            .expression_attribute_values(":id", n(id.get()));
        if_condition_held(update.send().await).map(drop)
    }
}
