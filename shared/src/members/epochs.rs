//! Epochs: one number per member, used to revoke sessions.
//!
//! A session carries the epoch of its login and is live only while the member's epoch is the same. Revoking all
//! sessions of a member is therefore one write, which also revokes the session of a login in progress, because that
//! login read the epoch earlier.
//!
//! Each change of a member also writes the new generation here, and a removal also writes its time. This table is never
//! restored, so it shows which members of a backup were changed or removed after the backup.
//!
//! Invariant: an item of the `Epochs` table is never deleted, expired or restored from a backup. The item also marks
//! the member's id as used, so that no id is given twice, even after the `Members` table was restored.

use crate::config::{ConfigError, Environment};
use crate::members::change::{Change, Effect};
use crate::members::{Epoch, EpochLookup, Generation, MemberId};
use crate::store::{self, Item, StoreError, if_condition_held, n, retry_conflicts, s};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValue, TransactWriteItem, Update};
use futures_util::{Stream, TryStreamExt, future, stream};
use std::collections::HashMap;

/// The `Epochs` table: partition key `member_id`.
#[derive(Clone, Debug)]
pub struct Epochs {
    dynamodb: Client,
    table: String,
}

/// The two forms of a revocation. Two are needed, because `DynamoDB` can add only to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revocation {
    /// Adds one to the epoch. If the epoch is missing, adds one to the current time.
    Raise,
    /// Overwrites a malformed epoch.
    Overwrite,
}

impl Revocation {
    /// The forms, in the order in which they are tried.
    pub(crate) const FORMS: [Self; 2] = [Self::Raise, Self::Overwrite];

    const fn assignment(self) -> &'static str {
        match self {
            Self::Raise => "epoch = if_not_exists(epoch, :now) + :one",
            Self::Overwrite => "epoch = :now",
        }
    }

    const fn condition(self) -> &'static str {
        match self {
            Self::Raise => "(attribute_not_exists(epoch) OR attribute_type(epoch, :number))",
            Self::Overwrite => "NOT attribute_type(epoch, :number)",
        }
    }

    fn values(self, now: Timestamp) -> HashMap<String, AttributeValue> {
        let now = [(":now".to_owned(), n(now.as_micros())), (":number".to_owned(), s("N"))];
        let one = (self == Self::Raise).then(|| (":one".to_owned(), n(1)));
        now.into_iter().chain(one).collect()
    }
}

/// A member's item of `Epochs`.
pub(crate) struct EpochState(Item);

impl EpochState {
    /// The generation that the latest change gave the member.
    pub(crate) fn generation(&self) -> Option<Generation> {
        Generation::from_item(&self.0)
    }

    pub(crate) fn is_removed(&self) -> bool {
        self.0.contains_key("removed_at")
    }
}

impl Epochs {
    /// The epochs in the table named by `EPOCHS_TABLE`.
    pub fn from_env(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        Ok(Self::new(dynamodb.clone(), environment.table("EPOCHS_TABLE")?))
    }

    /// The epochs in `table`.
    pub const fn new(dynamodb: Client, table: String) -> Self {
        Self { dynamodb, table }
    }

    /// The member's epoch. If there is no member, the call reads id 0, so that every login makes the same calls.
    pub async fn get(&self, member: Option<MemberId>) -> Result<EpochLookup, StoreError> {
        let item = self.get_item(member.map_or(0, MemberId::get)).await?;
        Ok(EpochLookup::from_item("Epochs", item.as_ref()))
    }

    async fn get_item(&self, id: u64) -> Result<Option<Item>, StoreError> {
        let get = self.dynamodb.get_item().table_name(&self.table).key("member_id", n(id));
        Ok(get.consistent_read(true).send().await?.item)
    }

    /// Revokes all sessions of the member. If the call is delivered late or twice, newer sessions are revoked too.
    ///
    /// # Errors
    /// When the call fails. The sessions may be revoked nevertheless, and the caller can repeat the call.
    pub async fn revoke(&self, member: MemberId, now: Timestamp) -> Result<(), StoreError> {
        for form in Revocation::FORMS {
            let update = self
                .dynamodb
                .update_item()
                .table_name(&self.table)
                .key("member_id", n(member.get()))
                .update_expression(format!("SET {}", form.assignment()))
                .condition_expression(form.condition())
                .set_expression_attribute_values(Some(form.values(now)));
            let revoke = || async { if_condition_held(update.clone().send().await) };
            if retry_conflicts(revoke).await?.is_some() {
                return Ok(());
            }
        }
        Err(StoreError::transient("the epoch changed between both forms of a revocation"))
    }

    /// Creates the epoch of a member who has none. Returns `None` if another write, perhaps a revocation, created the
    /// epoch first.
    pub async fn create(&self, member: MemberId, now: Timestamp) -> Result<Option<Epoch>, StoreError> {
        let epoch = Epoch::starting_at(now);
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .key("member_id", n(member.get()))
            .update_expression("SET epoch = if_not_exists(epoch, :epoch)")
            .expression_attribute_values(":epoch", epoch.clone().into())
            .return_values(ReturnValue::UpdatedOld);
        let old = retry_conflicts(|| async { Ok(update.clone().send().await?.attributes) }).await?;
        let is_first = old.is_none_or(|old| !old.contains_key("epoch"));
        Ok(is_first.then_some(epoch))
    }

    /// The member's whole item, for a restoration.
    pub(crate) async fn state(&self, member: MemberId) -> Result<EpochState, StoreError> {
        Ok(EpochState(self.get_item(member.get()).await?.unwrap_or_default()))
    }

    /// The claimed ids, in no particular order.
    pub fn list_claimed(&self) -> impl Stream<Item = Result<MemberId, StoreError>> + use<> {
        let scan = self.dynamodb.scan().table_name(&self.table).consistent_read(true);
        let items = scan.projection_expression("member_id").into_paginator().items().send();
        let items = stream::unfold(items, async |mut items| Some((items.next().await?, items)));
        let id = |item: Item| future::ok(store::number(&item, "member_id").and_then(MemberId::new));
        items.map_err(StoreError::from).try_filter_map(id)
    }

    /// The action that raises the epoch of a restored member, on the condition that the item has not changed since it
    /// was read.
    pub(crate) fn restore(
        &self,
        member: MemberId,
        read: &EpochState,
        generation: Generation,
        now: Timestamp,
    ) -> TransactWriteItem {
        let is_number = read.0.get("epoch").is_some_and(AttributeValue::is_n);
        let form = if is_number { Revocation::Raise } else { Revocation::Overwrite };
        let update = self
            .update(member)
            .update_expression(format!("SET generation = :new, {}", form.assignment()))
            .expression_attribute_values(":new", n(generation.get()))
            .expression_attribute_values(":now", n(now.as_micros()));
        let update = if is_number { update.expression_attribute_values(":one", n(1)) } else { update };
        let unchanged = ["epoch", "generation"].map(|name| match read.0.get(name) {
            Some(_) => format!("{name} = :read_{name}"),
            None => format!("attribute_not_exists({name})"),
        });
        let values = ["epoch", "generation"].into_iter().filter_map(|name| Some((name, read.0.get(name)?)));
        let update = values.fold(update, |update, (name, value)| {
            update.expression_attribute_values(format!(":read_{name}"), value.clone())
        });
        action(update.condition_expression(unchanged.join(" AND ")))
    }

    /// The action that claims an id for a new member. Its condition is that the id was never claimed.
    pub(crate) fn claim(
        &self,
        member: MemberId,
        generation: Generation,
        now: Timestamp,
    ) -> TransactWriteItem {
        let claim = self
            .update(member)
            .update_expression("SET epoch = :now, generation = :generation")
            .condition_expression("attribute_not_exists(member_id)")
            .expression_attribute_values(":now", n(now.as_micros()))
            .expression_attribute_values(":generation", n(generation.get()));
        action(claim)
    }

    /// The action that records a change of the member.
    pub(crate) fn change(&self, member: MemberId, change: Change, form: Revocation) -> TransactWriteItem {
        let update =
            self.update(member).expression_attribute_values(":generation", n(change.generation.get()));
        let (now, removed_at) = match change.effect {
            Effect::Keep => {
                return action(update.update_expression("SET generation = :generation REMOVE removed_at"));
            }
            Effect::Revoke(now) => (now, "REMOVE removed_at"),
            Effect::Remove(now) => (now, ", removed_at = :now"),
        };
        let expression = format!("SET generation = :generation, {} {removed_at}", form.assignment());
        let update = update.update_expression(expression).condition_expression(form.condition());
        action(
            form.values(now)
                .into_iter()
                .fold(update, |it, (name, value)| it.expression_attribute_values(name, value)),
        )
    }

    fn update(&self, member: MemberId) -> UpdateBuilder {
        Update::builder().table_name(&self.table).key("member_id", n(member.get()))
    }

    /// The name of the table.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// The key of the member's item, to read that item together with other items.
    pub(crate) fn keys(member: MemberId) -> KeysAndAttributes {
        let key = [("member_id".to_owned(), n(member.get()))];
        let keys = KeysAndAttributes::builder().keys(key.into()).consistent_read(true);
        keys.build().expect("keys are set")
    }
}

fn action(update: UpdateBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().update(update.build().expect("table, key and expression are set")).build()
}
