//! Restoring members from a backup, and claiming their ids again.
//!
//! `Epochs` is never restored, so its generation tells whether a member was changed since the backup. A restored member
//! gets a new generation and a raised epoch, so that earlier sessions are revoked and no device is trusted.

use super::{EMAIL_IS_FREE, IS_UNCHANGED, Members};
use crate::members::change::{Change, Effect};
use crate::members::epochs::{EpochState, Revocation};
use crate::members::{Member, MemberId, MemberLookup};
use crate::store::{Item, StoreError, Transacted, n, transact};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use futures_util::{Stream, TryStreamExt, future};

/// A member of a backup, with all attributes of the item.
#[derive(Clone, Debug)]
pub struct BackedUpMember {
    member: Member,
    item: Item,
}

impl BackedUpMember {
    /// The member as of the backup.
    pub const fn member(&self) -> &Member {
        &self.member
    }
}

/// Which members are restored in addition to those who are missing and were not changed since the backup.
#[derive(Clone, Copy, Debug, Default)]
pub struct RestoreRules {
    /// Members who were changed since the backup, or whose epoch is lost. They come back disabled.
    pub outdated: bool,
    /// Members whose email now has a different item. This item is replaced. The replaced item can belong to another
    /// member, who is then removed, or to the same member with an unchanged generation.
    pub overwrite: bool,
}

/// The outcome of restoring a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restoration {
    /// The member is back as it was in the backup.
    Restored,
    /// The member is back and disabled, because it was changed since the backup.
    RestoredDisabled,
    /// The member exists, with this email.
    Present,
    /// Another member has the email.
    EmailTaken,
    /// The item at this email is malformed.
    EmailMalformed,
    /// The member was removed since the backup.
    Removed,
    /// The member was changed since the backup.
    Outdated,
    /// The member now has another email.
    Moved,
    /// Another program changed the member during the restoration.
    Interfered,
}

/// The current items that decide whether a member of the backup can be restored.
struct Current {
    /// The item that has the email now.
    item: Option<Item>,
    epoch: EpochState,
}

impl Members {
    /// The members of a backup that was restored to `table`.
    pub fn list_backup(
        &self,
        table: String,
    ) -> impl Stream<Item = Result<BackedUpMember, StoreError>> + use<> {
        let backup = Self { table, dynamodb: self.dynamodb.clone(), epochs: self.epochs.clone() };
        backup.list_items().try_filter_map(|item| {
            future::ok(Member::from_own_item(&item).map(|member| BackedUpMember { member, item }))
        })
    }

    /// The outcome that [`Self::restore`] would have. Nothing is written.
    pub async fn can_restore(
        &self,
        backup: &BackedUpMember,
        rules: RestoreRules,
    ) -> Result<Restoration, StoreError> {
        let current = self.current(&backup.member).await?;
        self.judge(backup, &current, rules).await
    }

    /// Restores a member from a backup, if the rules allow it.
    pub async fn restore(
        &self,
        backup: &BackedUpMember,
        rules: RestoreRules,
        now: Timestamp,
    ) -> Result<Restoration, StoreError> {
        let current = self.current(&backup.member).await?;
        let end = self.judge(backup, &current, rules).await?;
        if !matches!(end, Restoration::Restored | Restoration::RestoredDisabled) {
            return Ok(end);
        }
        let (id, change) = (backup.member.id(), Change::new(Effect::Revoke(now)));
        let replaced = MemberLookup::from_item(backup.member.email(), current.item.as_ref()).found();
        let mut actions = vec![
            self.put_backup(backup, end, change, replaced.as_ref()),
            self.epochs.restore(id, &current.epoch, change.generation, now),
        ];
        if let Some(other) = replaced.filter(|it| it.id() != id) {
            actions.push(self.epochs.change(other.id(), Change::new(Effect::Remove(now)), Revocation::Raise));
        }
        Ok(match transact(&self.dynamodb, actions).await? {
            Transacted::Done => end,
            Transacted::ConditionFailed(_) => Restoration::Interfered,
        })
    }

    async fn current(&self, member: &Member) -> Result<Current, StoreError> {
        let item = self.get_item(member.email()).await?;
        Ok(Current { item, epoch: self.epochs.state(member.id()).await? })
    }

    async fn judge(
        &self,
        backup: &BackedUpMember,
        current: &Current,
        rules: RestoreRules,
    ) -> Result<Restoration, StoreError> {
        let is_unchanged = current.epoch.generation() == Some(backup.member.generation());
        if let Some(item) = &current.item {
            match Member::from_item(backup.member.email().clone(), item) {
                Err(_) => return Ok(Restoration::EmailMalformed),
                Ok(_) if *item == backup.item => return Ok(Restoration::Present),
                Ok(member) if member.id() == backup.member.id() && !(rules.overwrite && is_unchanged) => {
                    return Ok(Restoration::Present);
                }
                Ok(_) if rules.overwrite => {}
                Ok(_) => return Ok(Restoration::EmailTaken),
            }
        }
        if current.epoch.is_removed() {
            Ok(Restoration::Removed)
        } else if is_unchanged {
            Ok(Restoration::Restored)
        } else if rules.outdated {
            self.judge_outdated(&backup.member).await
        } else {
            Ok(Restoration::Outdated)
        }
    }

    async fn judge_outdated(&self, member: &Member) -> Result<Restoration, StoreError> {
        let emails = self.emails_of(member.id()).await?;
        let has_moved = emails.iter().any(|email| email != member.email());
        Ok(if has_moved { Restoration::Moved } else { Restoration::RestoredDisabled })
    }

    fn put_backup(
        &self,
        backup: &BackedUpMember,
        end: Restoration,
        change: Change,
        replaced: Option<&Member>,
    ) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(backup.item.clone()))
            .item("generation", n(change.generation.get()));
        let disabled = (end == Restoration::RestoredDisabled).then_some(AttributeValue::Bool(true));
        let put = disabled.into_iter().fold(put, |put, disabled| put.item("disabled", disabled));
        let put = match replaced {
            Some(member) => if_unchanged(put, member),
            None => put.condition_expression(EMAIL_IS_FREE),
        };
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    /// Claims the id of a member whose claim is lost. Returns whether the claim was lost.
    pub async fn claim_id(&self, member: &Member, now: Timestamp) -> Result<bool, StoreError> {
        let claim = self.epochs.claim(member.id(), member.generation(), now);
        Ok(transact(&self.dynamodb, vec![claim]).await? == Transacted::Done)
    }

    /// Advances the counter to `id`, unless it is already there or beyond, so that no id up to it is proposed.
    pub async fn reserve_up_to(&self, id: MemberId) -> Result<(), StoreError> {
        self.counter().advance_to(id).await
    }

    /// The epochs, whose items mark ids as claimed.
    pub const fn epochs(&self) -> &super::Epochs {
        &self.epochs
    }
}

fn if_unchanged(put: PutBuilder, member: &Member) -> PutBuilder {
    put.condition_expression(IS_UNCHANGED)
        .expression_attribute_values(":id", n(member.id().get()))
        .expression_attribute_values(":generation", n(member.generation().get()))
}
