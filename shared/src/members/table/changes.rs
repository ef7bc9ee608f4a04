//! Changes of a member. Each change is one transaction, which also writes the member's item in `Epochs`.
//!
//! A change takes the member as it was read. If the member was changed in between, the change writes nothing and
//! returns `Continue`: the caller reads the member again and decides again.

use super::{EMAIL_IS_FREE, IS_UNCHANGED, Members};
use crate::members::change::Change;
use crate::members::epochs::Revocation;
use crate::members::{Email, Member, PasswordHash};
use crate::store::{Item, StoreError, Transacted, n, s, transact};
use aws_sdk_dynamodb::types::builders::{DeleteBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use std::ops::ControlFlow;

/// The outcome of an email change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// The member has the new email.
    Moved,
    /// Another member has the new email. Nothing was written.
    EmailTaken,
}

impl Members {
    pub(crate) async fn set_hash(
        &self,
        member: &Member,
        hash: &PasswordHash,
        change: Change,
    ) -> Result<ControlFlow<()>, StoreError> {
        let update = self.update(member, change, "SET password_hash = :hash, generation = :new");
        let update = update.expression_attribute_values(":hash", s(hash.as_str()));
        self.write(member, update_action(update), change).await
    }

    pub(crate) async fn set_disabled(
        &self,
        member: &Member,
        disabled: bool,
        change: Change,
    ) -> Result<ControlFlow<()>, StoreError> {
        let update = self.update(member, change, "SET disabled = :disabled, generation = :new");
        let update = update.expression_attribute_values(":disabled", AttributeValue::Bool(disabled));
        self.write(member, update_action(update), change).await
    }

    pub(crate) async fn remove(
        &self,
        member: &Member,
        change: Change,
    ) -> Result<ControlFlow<()>, StoreError> {
        self.write(member, delete_action(self.delete(member).condition_expression(IS_UNCHANGED)), change)
            .await
    }

    /// Changes the member's email. The email is the key, so the item moves to the new key, with all other attributes.
    ///
    /// Invariant: the old item is deleted only while it has the generation *and* the hash that were copied. Without the
    /// hash in the condition, a renewed hash could be lost, because renewing the hash does not change the generation.
    pub(crate) async fn relocate(
        &self,
        member: &Member,
        email: &Email,
        change: Change,
    ) -> Result<ControlFlow<Move>, StoreError> {
        let Some(item) = self.get_item(member.email()).await? else { return Ok(ControlFlow::Continue(())) };
        let actions = vec![self.put_moved(&item, email, change), self.delete_moved(member, &item)];
        Ok(match self.transact(member, actions, change).await? {
            Transacted::Done => ControlFlow::Break(Move::Moved),
            Transacted::ConditionFailed(failed) if failed.contains(&1) => ControlFlow::Continue(()),
            Transacted::ConditionFailed(_) => ControlFlow::Break(Move::EmailTaken),
        })
    }

    fn put_moved(&self, item: &Item, email: &Email, change: Change) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item.clone()))
            .item("email", s(email.as_str()))
            .item("generation", n(change.generation.get()))
            .condition_expression(EMAIL_IS_FREE);
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    fn delete_moved(&self, member: &Member, item: &Item) -> TransactWriteItem {
        let delete = self.delete(member);
        delete_action(match item.get("password_hash") {
            Some(hash) => delete
                .condition_expression(format!("{IS_UNCHANGED} AND password_hash = :hash"))
                .expression_attribute_values(":hash", hash.clone()),
            None => {
                delete.condition_expression(format!("{IS_UNCHANGED} AND attribute_not_exists(password_hash)"))
            }
        })
    }

    async fn write(
        &self,
        member: &Member,
        action: TransactWriteItem,
        change: Change,
    ) -> Result<ControlFlow<()>, StoreError> {
        if member.generation() == change.generation {
            return Ok(ControlFlow::Break(())); // an earlier attempt made this change
        }
        Ok(match self.transact(member, vec![action], change).await? {
            Transacted::Done => ControlFlow::Break(()),
            Transacted::ConditionFailed(_) => ControlFlow::Continue(()),
        })
    }

    /// Runs `actions` and the write to the member's item in `Epochs`, all or nothing.
    async fn transact(
        &self,
        member: &Member,
        actions: Vec<TransactWriteItem>,
        change: Change,
    ) -> Result<Transacted, StoreError> {
        let epoch_index = actions.len();
        for form in Revocation::FORMS {
            let epoch = self.epochs.change(member.id(), change, form);
            match transact(&self.dynamodb, [&actions[..], &[epoch]].concat()).await? {
                Transacted::ConditionFailed(failed) if failed == [epoch_index] => {}
                transacted => return Ok(transacted),
            }
        }
        Err(StoreError::transient("the epoch changed between both forms of a revocation"))
    }

    fn update(&self, member: &Member, change: Change, expression: &str) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .key("email", s(member.email().as_str()))
            .update_expression(expression)
            .condition_expression(IS_UNCHANGED)
            .expression_attribute_values(":new", n(change.generation.get()))
            .expression_attribute_values(":id", n(member.id().get()))
            .expression_attribute_values(":generation", n(member.generation().get()))
    }

    fn delete(&self, member: &Member) -> DeleteBuilder {
        Delete::builder()
            .table_name(&self.table)
            .key("email", s(member.email().as_str()))
            .expression_attribute_values(":id", n(member.id().get()))
            .expression_attribute_values(":generation", n(member.generation().get()))
    }
}

fn update_action(update: UpdateBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().update(update.build().expect("table, key and expression are set")).build()
}

fn delete_action(delete: DeleteBuilder) -> TransactWriteItem {
    TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
}
