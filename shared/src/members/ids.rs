//! Members' numbers.
//!
//! Invariant: no number belongs to two members, because a session belongs to a number. A number is claimed in the
//! `Epochs` table before a member gets it, and stays claimed when the member is removed. A counter proposes numbers for
//! new members. Members of another application may keep their numbers, so the counter meets claimed ones; it does so too
//! after the `Members` table, which holds the counter, was restored to an older state. It then skips ahead in doubling
//! steps.

use crate::members::{Epochs, MemberId};
use crate::store::{self, StoreError, if_condition_held, n, s};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValue;

/// The key of the counter's item in the `Members` table. No email equals it, because it has capital letters. Its attribute
/// `given` is the last number that the counter proposed.
const COUNTER: &str = "MEMBER_IDS";

/// The counter of one `Members` table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counter<'a> {
    dynamodb: &'a Client,
    table: &'a str,
}

impl<'a> Counter<'a> {
    pub(crate) const fn new(dynamodb: &'a Client, table: &'a str) -> Self {
        Self { dynamodb, table }
    }

    /// Claims the next unused number. A number that is claimed and not used is not given again.
    pub(crate) async fn claim_next(&self, epochs: &Epochs, now: Timestamp) -> Result<MemberId, StoreError> {
        let mut step = 1;
        loop {
            let number = self.advance(step).await?;
            if epochs.claim(number, now).await? {
                return Ok(number);
            }
            step *= 2;
        }
    }

    /// Moves the counter ahead and returns where it stands then.
    async fn advance(&self, step: u64) -> Result<MemberId, StoreError> {
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
        let updated = updated.ok_or_else(|| StoreError::permanent("there is no number left for a member"))?;
        let number = store::number(&updated.attributes.unwrap_or_default(), "given");
        let number = number.and_then(MemberId::new);
        number.ok_or_else(|| StoreError::permanent("the counter of member numbers is malformed"))
    }
}
