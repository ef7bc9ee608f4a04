//! The `Members` table.

mod addition;
mod by_id;
mod changes;
mod restoration;

pub use addition::Addition;
pub(crate) use addition::NewMember;
pub(crate) use changes::Move;
pub use restoration::{BackedUpMember, Restoration, RestoreRules};

use crate::config::{ConfigError, Environment};
use crate::members::{Email, Epochs, Member, MemberLookup, PasswordHash};
use crate::store::{Item, StoreError, if_condition_held, n, retry_conflicts, s};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};
use futures_util::{Stream, TryStreamExt, future, stream};

/// The `Members` table: partition key `email`. Every change of a member also writes the member's item in `Epochs`.
#[derive(Debug)]
pub struct Members {
    dynamodb: Client,
    table: String,
    epochs: Epochs,
}

/// The condition that an item is a member. The table also contains the id counter, which has no `member_id`.
const IS_MEMBER: &str = "attribute_exists(member_id)";

/// The condition that the member is unchanged since it was read. Renewing the hash does not count as a change.
const IS_UNCHANGED: &str = "member_id = :id AND generation = :generation";

/// The condition that no member has this email.
const EMAIL_IS_FREE: &str = "attribute_not_exists(email)";

impl Members {
    /// The members in the table named by `MEMBERS_TABLE`, with their epochs.
    pub fn from_env(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        let epochs = Epochs::from_env(environment, dynamodb)?;
        Ok(Self::new(dynamodb.clone(), environment.table("MEMBERS_TABLE")?, epochs))
    }

    /// The members in `table`.
    pub const fn new(dynamodb: Client, table: String, epochs: Epochs) -> Self {
        Self { dynamodb, table, epochs }
    }

    /// All members, in no particular order, each with its email as it is stored. Malformed items are skipped, because
    /// no login can use them.
    pub fn list(&self) -> impl Stream<Item = Result<Member, StoreError>> + use<> {
        self.list_items().try_filter_map(|item| future::ok(Member::from_own_item(&item)))
    }

    fn list_items(&self) -> impl Stream<Item = Result<Item, StoreError>> + use<> {
        let scan = self.dynamodb.scan().table_name(&self.table).consistent_read(true);
        let items = scan.filter_expression(IS_MEMBER).into_paginator().items().send();
        stream::unfold(items, async |mut items| Some((items.next().await?, items))).map_err(StoreError::from)
    }

    /// The member with this email; `None` if the item is missing or malformed.
    pub async fn get(&self, email: &Email) -> Result<Option<Member>, StoreError> {
        Ok(self.lookup(email).await?.found())
    }

    /// Like [`Self::get`], but distinguishes a malformed item from a missing one.
    pub async fn lookup(&self, email: &Email) -> Result<MemberLookup, StoreError> {
        Ok(MemberLookup::from_item(email, self.get_item(email).await?.as_ref()))
    }

    async fn get_item(&self, email: &Email) -> Result<Option<Item>, StoreError> {
        let get = self.dynamodb.get_item().table_name(&self.table).key("email", s(email.as_str()));
        Ok(get.consistent_read(true).send().await?.item)
    }

    /// The member's current state, perhaps under another email; `None` if the member was removed.
    pub(crate) async fn get_again(&self, member: &Member) -> Result<Option<Member>, StoreError> {
        match self.get(member.email()).await?.filter(|it| it.id() == member.id()) {
            Some(member) => Ok(Some(member)),
            None => self.get_by_id(member.id()).await,
        }
    }

    /// Replaces the hash `verified` with `renewed`, a hash of the same password. If the password was set in between,
    /// does nothing and returns `false`.
    pub async fn renew_hash(
        &self,
        member: &Member,
        verified: &PasswordHash,
        renewed: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .key("email", s(member.email().as_str()))
            .update_expression("SET password_hash = :renewed")
            .condition_expression("password_hash = :verified")
            .expression_attribute_values(":renewed", s(renewed.as_str()))
            .expression_attribute_values(":verified", s(verified.as_str()));
        let renew = || async { if_condition_held(update.clone().send().await) };
        Ok(retry_conflicts(renew).await?.is_some())
    }

    /// The condition that `member` is unchanged since it was read, for the transaction that starts a session. The
    /// condition does not name the hash, because renewing the hash must not make another login fail.
    pub fn unchanged(&self, member: &Member) -> TransactWriteItem {
        let condition = format!("{IS_UNCHANGED} AND (attribute_not_exists(disabled) OR disabled = :false)");
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .key("email", s(member.email().as_str()))
            .condition_expression(condition)
            .expression_attribute_values(":id", n(member.id().get()))
            .expression_attribute_values(":generation", n(member.generation().get()))
            .expression_attribute_values(":false", AttributeValue::Bool(false));
        let check = check.build().expect("table, key and condition are set");
        TransactWriteItem::builder().condition_check(check).build()
    }
}
