//! The `Members` table.

mod by_id;
mod relocation;

pub use relocation::Move;

use crate::config::{ConfigError, Environment};
use crate::members::ids::Counter;
use crate::members::{Email, Epochs, Member, MemberId, MemberLookup, PasswordHash};
use crate::store::{self, StoreError, Transacted, if_condition_held, n, s, transact};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, ReturnValue, TransactWriteItem};
use futures_util::{Stream, TryStreamExt, future, stream};

/// The `Members` table: partition key `email`.
#[derive(Debug)]
pub struct Members {
    dynamodb: Client,
    table: String,
}

/// The condition that an item is a member. The counter of numbers in the same table has no such attribute.
const IS_MEMBER: &str = "attribute_exists(member_id)";

/// The condition that the item is still of the same member, and not of another one who got the email since.
const HAS_ID: &str = "member_id = :id";

/// The condition that the member was not changed either. A renewal of the hash is not a change.
const IS_UNCHANGED: &str = "member_id = :id AND generation = :generation";

/// The condition that no member has this email.
const EMAIL_IS_FREE: &str = "attribute_not_exists(email)";

/// How the addition of a member with a number of another application ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addition {
    /// The member is added.
    Added,
    /// The email has a member already. Nothing was written.
    EmailTaken,
    /// The number was given before. Nothing was written.
    IdTaken,
}

impl Members {
    /// The members in the table named by `MEMBERS_TABLE`.
    ///
    /// # Errors
    /// When the variable is missing.
    pub fn from_env(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        Ok(Self::new(dynamodb.clone(), environment.table("MEMBERS_TABLE")?))
    }

    /// The members in `table`.
    #[must_use]
    pub const fn new(dynamodb: Client, table: String) -> Self {
        Self { dynamodb, table }
    }

    /// All members in no order, a page of the table at a time, each with its email as it is stored. Malformed items are
    /// skipped: no login could use them.
    pub fn list(&self) -> impl Stream<Item = Result<Member, StoreError>> + use<> {
        let scan = self.dynamodb.scan().table_name(&self.table).consistent_read(true);
        let items = scan.filter_expression(IS_MEMBER).into_paginator().items().send();
        let items = stream::unfold(items, async |mut items| Some((items.next().await?, items)));
        items.map_err(StoreError::from).try_filter_map(|item| {
            let email = store::text(&item, "email").map(Email::from_key);
            future::ok(email.and_then(|email| Member::from_item(email, &item).ok()))
        })
    }

    /// The member with this email; `None` when there is no item or a malformed one.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn get(&self, email: &Email) -> Result<Option<Member>, StoreError> {
        Ok(self.lookup(email).await?.found())
    }

    /// As [`Self::get`], but tells a malformed item from a missing one.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn lookup(&self, email: &Email) -> Result<MemberLookup, StoreError> {
        let get = self.dynamodb.get_item().table_name(&self.table).key("email", s(email.as_str()));
        let item = get.consistent_read(true).send().await?.item;
        Ok(MemberLookup::from_item(email, item.as_ref()))
    }

    /// Adds a member with the next number; `None` when the email has a member already.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn add(
        &self,
        epochs: &Epochs,
        email: &Email,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<MemberId>, StoreError> {
        if self.get(email).await?.is_some() {
            return Ok(None);
        }
        let id = self.claim_id(epochs, now).await?;
        Ok(self.add_claimed(email, hash, id, now).await?.then_some(id))
    }

    /// Claims the next number for a member. A number that is not used then is not given again.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn claim_id(&self, epochs: &Epochs, now: Timestamp) -> Result<MemberId, StoreError> {
        Counter::new(&self.dynamodb, &self.table).claim_next(epochs, now).await
    }

    /// Adds a member with a number that [`Self::claim_id`] gave. Returns whether the email was free.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn add_claimed(
        &self,
        email: &Email,
        hash: &PasswordHash,
        id: MemberId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(Member::new_item(email, hash, id, now)))
            .condition_expression(EMAIL_IS_FREE);
        Ok(if_condition_held(put.send().await)?.is_some())
    }

    /// Adds a member who keeps the number of another application, and claims the number; both or neither.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn add_with_id(
        &self,
        epochs: &Epochs,
        email: &Email,
        hash: &PasswordHash,
        id: MemberId,
        now: Timestamp,
    ) -> Result<Addition, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(Member::new_item(email, hash, id, now)))
            .condition_expression(EMAIL_IS_FREE);
        let put = TransactWriteItem::builder().put(put.build().expect("table and item are set")).build();
        let actions = vec![put, epochs.claim_action(id, now)];
        Ok(match transact(&self.dynamodb, actions).await? {
            Transacted::Done => Addition::Added,
            Transacted::ConditionFailed(failed) if failed.contains(&0) => Addition::EmailTaken,
            Transacted::ConditionFailed(_) => Addition::IdTaken,
        })
    }

    /// Replaces the hash that was verified by one of the current cost, unless the password was set since. Returns
    /// whether it did.
    ///
    /// # Errors
    /// When the call fails.
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
        Ok(if_condition_held(update.send().await)?.is_some())
    }

    /// The condition that `member` is unchanged since it was read, for the transaction that starts a session. It does
    /// not name the hash, because a renewed hash must not fail another login.
    #[must_use]
    pub fn unchanged(&self, member: &Member) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .key("email", s(member.email().as_str()))
            .condition_expression(
                "member_id = :id AND generation = :generation \
                 AND (attribute_not_exists(disabled) OR disabled = :false)",
            )
            .expression_attribute_values(":id", n(member.id().get()))
            .expression_attribute_values(":generation", n(member.generation()))
            .expression_attribute_values(":false", AttributeValue::Bool(false));
        let check = check.build().expect("table, key and condition are set");
        TransactWriteItem::builder().condition_check(check).build()
    }

    /// Sets the password hash and raises the generation. Returns the changed member; `None` when the member with this
    /// number does not have this email any more.
    pub(crate) async fn set_hash(
        &self,
        member: &Member,
        hash: &PasswordHash,
    ) -> Result<Option<Member>, StoreError> {
        let update = self.set_hash_if(member, hash, HAS_ID);
        changed(member.email(), update).await
    }

    /// As [`Self::set_hash`], but only while the member is as it was read, so that the password which was verified is
    /// still the member's. A renewal of the hash is not a change, because the password stays the same.
    pub(crate) async fn replace_hash(
        &self,
        member: &Member,
        hash: &PasswordHash,
    ) -> Result<Option<Member>, StoreError> {
        let update = self
            .set_hash_if(member, hash, IS_UNCHANGED)
            .expression_attribute_values(":generation", n(member.generation()));
        changed(member.email(), update).await
    }

    fn set_hash_if(&self, member: &Member, hash: &PasswordHash, condition: &str) -> UpdateItemFluentBuilder {
        self.update(member)
            .update_expression("SET password_hash = :hash ADD generation :one")
            .condition_expression(condition)
            .expression_attribute_values(":hash", s(hash.as_str()))
    }

    /// Disables or enables the member and raises the generation. Returns the changed member; `None` when the member with
    /// this number does not have this email any more.
    pub(crate) async fn set_disabled(
        &self,
        member: &Member,
        disabled: bool,
    ) -> Result<Option<Member>, StoreError> {
        let update = self
            .update(member)
            .update_expression("SET disabled = :disabled ADD generation :one")
            .condition_expression(HAS_ID)
            .expression_attribute_values(":disabled", AttributeValue::Bool(disabled));
        changed(member.email(), update).await
    }

    /// Deletes the member. Returns whether it did: not when the member was changed since it was read.
    pub(crate) async fn delete(&self, member: &Member) -> Result<bool, StoreError> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.table)
            .key("email", s(member.email().as_str()))
            .condition_expression(IS_UNCHANGED)
            .expression_attribute_values(":id", n(member.id().get()))
            .expression_attribute_values(":generation", n(member.generation()));
        Ok(if_condition_held(delete.send().await)?.is_some())
    }

    /// An update of a member that raises the generation. The caller adds the expression and the condition.
    fn update(&self, member: &Member) -> UpdateItemFluentBuilder {
        self.dynamodb
            .update_item()
            .table_name(&self.table)
            .key("email", s(member.email().as_str()))
            .expression_attribute_values(":id", n(member.id().get()))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
    }
}

async fn changed(email: &Email, update: UpdateItemFluentBuilder) -> Result<Option<Member>, StoreError> {
    let Some(updated) = if_condition_held(update.send().await)? else { return Ok(None) };
    let item = updated.attributes.unwrap_or_default();
    Ok(Some(Member::from_item(email.clone(), &item)?))
}
