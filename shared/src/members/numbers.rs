//! Members' numbers, in items of the `Members` table whose keys are no email: they contain capital letters.
//!
//! Invariant: no number belongs to two members, because a session belongs to a number. New members get the next number
//! of a counter. Members of another application may keep their numbers: the counter skips all of them first and records
//! the skipped ranges. A number in a skipped range was never given and never will be. A member who keeps such a number
//! claims it with an item, and the item stays when the member is removed.

use crate::members::MemberId;
use crate::store::schema::EMAIL_IS_FREE;
use crate::store::{self, Item, StoreError, Transacted, if_condition_held, n, s, transact};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// The counter's key. Attribute `given` is the last number that was given or skipped, `skipped` the skipped ranges.
const COUNTER: &str = "MEMBER_IDS";

/// The prefix of the key of an item that claims a number. The number follows.
const CLAIM: &str = "MEMBER_ID#";

/// The counter and the claimed numbers of one table.
#[derive(Clone, Copy, Debug)]
pub struct MemberIds<'a> {
    client: &'a Client,
    table: &'a str,
}

impl<'a> MemberIds<'a> {
    pub(crate) const fn new(client: &'a Client, table: &'a str) -> Self {
        Self { client, table }
    }

    /// Draws the next number. A number that is drawn and not used is not given again.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn next(&self) -> Result<MemberId, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(self.table)
            .key("email", s(COUNTER))
            .update_expression("ADD given :one")
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::UpdatedNew);
        let counter = update.send().await?.attributes.unwrap_or_default();
        let next = store::number(&counter, "given").map(MemberId::new);
        next.ok_or_else(|| StoreError::permanent("the counter of member numbers is malformed"))
    }

    /// Skips the numbers up to `highest` that were not given yet. Returns all numbers that a member may keep.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn reserve_up_to(&self, highest: Option<MemberId>) -> Result<ReservedIds, StoreError> {
        loop {
            let counter = self.counter().await?;
            let given = store::number(&counter, "given");
            match highest.map(MemberId::get).filter(|&highest| highest > given.unwrap_or(0)) {
                Some(highest) => self.skip(given, highest).await?,
                None => return Ok(ReservedIds::skipped_by(&counter)),
            }
        }
    }

    /// Claims a number and puts its member, both or neither. Returns whether number and email were free.
    pub(crate) async fn claim(&self, id: ReservedId, member: Put) -> Result<bool, StoreError> {
        let claim = Put::builder()
            .table_name(self.table)
            .item("email", s(format!("{CLAIM}{}", id.get().get())))
            .condition_expression(EMAIL_IS_FREE);
        let claim = claim.build().expect("table and item are set");
        let puts = [claim, member].map(|put| TransactWriteItem::builder().put(put).build());
        match transact(self.client, puts.into()).await? {
            Transacted::Done => Ok(true),
            Transacted::ConditionFailed(_) => Ok(false),
        }
    }

    async fn counter(&self) -> Result<Item, StoreError> {
        let get = self.client.get_item().table_name(self.table).key("email", s(COUNTER));
        Ok(get.consistent_read(true).send().await?.item.unwrap_or_default())
    }

    /// Skips the numbers above `given` up to `highest`, unless the counter has moved since it was read.
    async fn skip(&self, given: Option<u64>, highest: u64) -> Result<(), StoreError> {
        let range = HashMap::from([("from", given.unwrap_or(0) + 1), ("to", highest)]);
        let range = range.into_iter().map(|(name, number)| (name.to_owned(), n(number))).collect();
        let update = self
            .client
            .update_item()
            .table_name(self.table)
            .key("email", s(COUNTER))
            .update_expression(
                "SET given = :highest, skipped = list_append(if_not_exists(skipped, :none), :range)",
            )
            .expression_attribute_values(":highest", n(highest))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":range", AttributeValue::L(vec![AttributeValue::M(range)]));
        let update = match given {
            Some(given) => {
                update.condition_expression("given = :given").expression_attribute_values(":given", n(given))
            }
            None => update.condition_expression("attribute_not_exists(given)"),
        };
        if_condition_held(update.send().await).map(drop)
    }
}

/// The numbers that the counter skipped.
#[derive(Clone, Debug)]
pub struct ReservedIds(Vec<RangeInclusive<u64>>);

/// A number that the counter never gave and never will.
#[derive(Clone, Copy, Debug)]
pub struct ReservedId(MemberId);

impl ReservedIds {
    /// `id`, if a member may keep it.
    #[must_use]
    pub fn keep(&self, id: MemberId) -> Option<ReservedId> {
        self.0.iter().any(|range| range.contains(&id.get())).then_some(ReservedId(id))
    }

    fn skipped_by(counter: &Item) -> Self {
        let skipped = counter.get("skipped").and_then(|it| it.as_l().ok()).map_or(&[][..], Vec::as_slice);
        let range = |it: &AttributeValue| {
            let it = it.as_m().ok()?;
            Some(store::number(it, "from")?..=store::number(it, "to")?)
        };
        Self(skipped.iter().filter_map(range).collect())
    }
}

impl ReservedId {
    /// The number.
    #[must_use]
    pub const fn get(self) -> MemberId {
        self.0
    }
}
