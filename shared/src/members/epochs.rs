//! Epochs: one number for each member, which revokes sessions.
//!
//! A session carries the epoch of its login and is live only while the member's epoch is the same. Raising the epoch
//! therefore revokes all sessions of a member in one write, and also the session of a login in progress that read the
//! epoch before.
//!
//! Invariant: an item of the `Epochs` table is never deleted, expired or restored from a backup. It also marks the
//! member's number as used, so that no number is given twice, not even after the `Members` table was restored.

use crate::config::{ConfigError, Environment};
use crate::members::MemberId;
use crate::store::{self, Item, MalformedItem, StoreError, if_condition_held, n};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, ReturnValue, TransactWriteItem};

/// The `Epochs` table: partition key `member_id`.
#[derive(Debug)]
pub struct Epochs {
    dynamodb: Client,
    table: String,
}

/// The epoch of a member, or of a session. A new epoch begins at the current time in microseconds, so that an item that
/// was deleted by mistake does not come back with a former epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch as it is stored.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The epoch in an item of `table`.
    pub(crate) fn from_item(table: &'static str, item: &Item) -> Result<Self, MalformedItem> {
        store::number(item, "epoch").map(Self).ok_or(MalformedItem { table, attribute: "epoch" })
    }
}

/// The condition that a number was never given.
const IS_UNUSED: &str = "attribute_not_exists(member_id)";

impl Epochs {
    /// The epochs in the table named by `EPOCHS_TABLE`.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        Ok(Self::new(dynamodb.clone(), environment.table("EPOCHS_TABLE")?))
    }

    /// The epochs in `table`.
    #[must_use]
    pub const fn new(dynamodb: Client, table: String) -> Self {
        Self { dynamodb, table }
    }

    /// The member's epoch; `None` when there is no item. Without a member, number 0 is read, so that the calls are the
    /// same.
    ///
    /// # Errors
    /// When the call fails or the item is malformed.
    pub async fn get(&self, member: Option<MemberId>) -> Result<Option<Epoch>, StoreError> {
        let key = n(member.map_or(0, MemberId::get));
        let get =
            self.dynamodb.get_item().table_name(&self.table).key("member_id", key).consistent_read(true);
        Ok(get.send().await?.item.map(|item| Epoch::from_item("Epochs", &item)).transpose()?)
    }

    /// Revokes all sessions of the member: one unconditional write.
    ///
    /// # Errors
    /// When the call fails. The epoch may be raised by then; the action can be repeated.
    pub async fn revoke(&self, member: MemberId, now: Timestamp) -> Result<(), StoreError> {
        let revoke = self.update(member, "SET epoch = if_not_exists(epoch, :now) + :one", now);
        revoke.expression_attribute_values(":one", n(1)).send().await?;
        Ok(())
    }

    /// Makes the epoch of a member without one. `None` when the epoch that is stored afterwards is not the one that this
    /// call proposed: another write came in between, perhaps a revocation.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn create(&self, member: MemberId, now: Timestamp) -> Result<Option<Epoch>, StoreError> {
        let create = self.update(member, "SET epoch = if_not_exists(epoch, :now)", now);
        let stored = create.return_values(ReturnValue::AllNew).send().await?.attributes.unwrap_or_default();
        let epoch = Epoch::from_item("Epochs", &stored)?;
        Ok(Some(epoch).filter(|epoch| epoch.0 == now.as_micros()))
    }

    /// Marks a number as used. Returns whether it was unused.
    ///
    /// # Errors
    /// When the call fails.
    pub(crate) async fn claim(&self, member: MemberId, now: Timestamp) -> Result<bool, StoreError> {
        let claim = self.update(member, "SET epoch = :now", now).condition_expression(IS_UNUSED);
        Ok(if_condition_held(claim.send().await)?.is_some())
    }

    /// Marks a number as used, as an action of a transaction.
    pub(crate) fn claim_action(&self, member: MemberId, now: Timestamp) -> TransactWriteItem {
        let claim = Put::builder()
            .table_name(&self.table)
            .item("member_id", n(member.get()))
            .item("epoch", n(now.as_micros()))
            .condition_expression(IS_UNUSED);
        TransactWriteItem::builder().put(claim.build().expect("table and item are set")).build()
    }

    /// The name of the table.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// The member's item, for a read together with other items.
    pub(crate) fn keys(member: MemberId) -> KeysAndAttributes {
        let key = [("member_id".to_owned(), n(member.get()))];
        let keys = KeysAndAttributes::builder().keys(key.into()).consistent_read(true);
        keys.build().expect("keys are set")
    }

    fn update(&self, member: MemberId, expression: &str, now: Timestamp) -> UpdateItemFluentBuilder {
        self.dynamodb
            .update_item()
            .table_name(&self.table)
            .key("member_id", n(member.get()))
            .update_expression(expression)
            .expression_attribute_values(":now", n(now.as_micros()))
    }
}

impl From<Epoch> for AttributeValue {
    fn from(epoch: Epoch) -> Self {
        n(epoch.0)
    }
}
