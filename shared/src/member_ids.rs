//! The numbers that members are known by, in items of the `Members` table that are nobody's: no email has
//! a capital letter in it.
//!
//! A number must never be two members', for it is what a session is of. Those that are given here come from
//! a counter. Members who move in from another application may keep theirs: then the counter first skips
//! all of them, and remembers what it skipped. A number can be kept only if it was skipped, so it was never
//! given and never will be; and whoever keeps it takes it, so that it is kept once. The item that takes it
//! stays when its member is removed.

use crate::dynamodb::{self, Fault, Item, if_condition_held, n, s};
use crate::error::Error;
use crate::member::MemberId;
use crate::members::IS_FREE;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// The counter's key: `given` is the last number given or skipped, `skipped` the ranges skipped.
const COUNTER: &str = "MEMBER_IDS";

/// What the key of an item that takes a number begins with; the number follows.
const TAKEN: &str = "MEMBER_ID#";

/// The counter and the kept numbers of one table.
#[derive(Clone, Copy, Debug)]
pub struct MemberIds<'a> {
    client: &'a Client,
    table: &'a str,
}

impl<'a> MemberIds<'a> {
    pub(crate) const fn new(client: &'a Client, table: &'a str) -> Self {
        Self { client, table }
    }

    /// Draws the next number. One that is drawn for nothing is not given again.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn next(&self) -> Result<MemberId, Error> {
        let update = self
            .client
            .update_item()
            .table_name(self.table)
            .key("email", s(COUNTER))
            .update_expression("ADD given :one")
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::UpdatedNew);
        let counter = update.send().await?.attributes.unwrap_or_default();
        dynamodb::number(&counter, "given").map(MemberId::new).ok_or(Error::Internal)
    }

    /// The numbers that can be kept, after skipping those up to `highest` that were not given yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn keepable(&self, highest: Option<MemberId>) -> Result<KeepableIds, Error> {
        loop {
            let counter = self.counter().await?;
            let given = dynamodb::number(&counter, "given");
            match highest.map(MemberId::get).filter(|&highest| highest > given.unwrap_or(0)) {
                Some(highest) => self.skip(given, highest).await?,
                None => return Ok(KeepableIds::skipped_by(&counter)),
            }
        }
    }

    /// Takes a number for the member that `add` puts; both or neither. Returns whether both were free.
    pub(crate) async fn take(&self, id: KeptId, add: Put) -> Result<bool, Error> {
        let take = Put::builder()
            .table_name(self.table)
            .item("email", s(format!("{TAKEN}{}", id.get().get())))
            .condition_expression(IS_FREE);
        let take = take.build().expect("table and item are set");
        let puts = [take, add].map(|put| TransactWriteItem::builder().put(put).build());
        match self.client.transact_write_items().set_transact_items(Some(puts.into())).send().await {
            Ok(_) => Ok(true),
            Err(error) => was_taken(error.as_service_error()).unwrap_or_else(|| Err(error.into())),
        }
    }

    async fn counter(&self) -> Result<Item, Error> {
        let get = self.client.get_item().table_name(self.table).key("email", s(COUNTER));
        Ok(get.consistent_read(true).send().await?.item.unwrap_or_default())
    }

    /// Skips what is above `given` up to `highest`, unless the counter has moved since it was read.
    async fn skip(&self, given: Option<u64>, highest: u64) -> Result<(), Error> {
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
pub struct KeepableIds(Vec<RangeInclusive<u64>>);

/// A number that the counter never gave and never will.
#[derive(Clone, Copy, Debug)]
pub struct KeptId(MemberId);

impl KeepableIds {
    /// `id`, if it can be kept.
    #[must_use]
    pub fn keep(&self, id: MemberId) -> Option<KeptId> {
        self.0.iter().any(|range| range.contains(&id.get())).then_some(KeptId(id))
    }

    fn skipped_by(counter: &Item) -> Self {
        let skipped = counter.get("skipped").and_then(|it| it.as_l().ok()).map_or(&[][..], Vec::as_slice);
        let range = |it: &AttributeValue| {
            let it = it.as_m().ok()?;
            Some(dynamodb::number(it, "from")?..=dynamodb::number(it, "to")?)
        };
        Self(skipped.iter().filter_map(range).collect())
    }
}

impl KeptId {
    /// The number.
    #[must_use]
    pub const fn get(self) -> MemberId {
        self.0
    }
}

/// Whether the transaction failed for a condition (`Ok(false)`), or for what passes; `None` for all else.
fn was_taken(error: Option<&TransactWriteItemsError>) -> Option<Result<bool, Error>> {
    let Some(TransactWriteItemsError::TransactionCanceledException(it)) = error else { return None };
    let codes = || it.cancellation_reasons().iter().filter_map(|reason| reason.code());
    if codes().any(|code| code == "ConditionalCheckFailed") {
        return Some(Ok(false));
    }
    let passing = codes().find(|code| PASSING_REASONS.contains(code))?;
    Some(Err(Error::Unavailable(Fault::passing(passing))))
}

/// Why a transaction is cancelled that can be made again (`DynamoDB` API reference, `CancellationReason`).
const PASSING_REASONS: [&str; 3] =
    ["ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"];
