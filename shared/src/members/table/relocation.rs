//! Members who get another email. The email is the key, so the item moves.

use super::{EMAIL_IS_FREE, Members};
use crate::members::{Email, Member};
use crate::store::{Item, StoreError, Transacted, n, s, transact};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};

/// How the move of a member ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The member has the new email.
    Moved,
    /// The new email has a member already. Nothing was written.
    EmailTaken,
    /// The member was changed in the meantime. Nothing was written.
    MemberChanged,
}

impl Members {
    /// Gives the member with the number and the old email of `member` a new email, and raises the generation. All other
    /// attributes stay as they are.
    ///
    /// Invariant: the old item is deleted only while it has the generation *and* the hash that were copied. A renewal of
    /// the hash does not raise the generation, and would be lost.
    pub(crate) async fn relocate(&self, member: &Member, email: &Email) -> Result<Move, StoreError> {
        let get = self.dynamodb.get_item().table_name(&self.table).key("email", s(member.email().as_str()));
        let Some(item) = get.consistent_read(true).send().await?.item else { return Ok(Move::MemberChanged) };
        match Member::from_item(member.email().clone(), &item) {
            Ok(current) if current.id() == member.id() => {
                let actions =
                    vec![self.put_moved(&current, &item, email), self.delete_moved(&current, &item)];
                Ok(match transact(&self.dynamodb, actions).await? {
                    Transacted::Done => Move::Moved,
                    Transacted::ConditionFailed(failed) if failed.contains(&1) => Move::MemberChanged,
                    Transacted::ConditionFailed(_) => Move::EmailTaken,
                })
            }
            Ok(_) | Err(_) => Ok(Move::MemberChanged),
        }
    }

    fn put_moved(&self, member: &Member, item: &Item, email: &Email) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item.clone()))
            .item("email", s(email.as_str()))
            .item("generation", n(member.generation() + 1))
            .condition_expression(EMAIL_IS_FREE);
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    fn delete_moved(&self, member: &Member, item: &Item) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(&self.table)
            .key("email", s(member.email().as_str()))
            .expression_attribute_values(":id", n(member.id().get()))
            .expression_attribute_values(":generation", n(member.generation()));
        let delete = match item.get("password_hash") {
            Some(hash) => delete
                .condition_expression(
                    "member_id = :id AND generation = :generation AND password_hash = :hash",
                )
                .expression_attribute_values(":hash", hash.clone()),
            None => delete.condition_expression(
                "member_id = :id AND generation = :generation AND attribute_not_exists(password_hash)",
            ),
        };
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }
}
