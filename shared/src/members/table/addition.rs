//! New members.

use super::{EMAIL_IS_FREE, Members};
use crate::members::ids::Counter;
use crate::members::{Email, Generation, Member, MemberId, PasswordHash};
use crate::store::{StoreError, Transacted, transact};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

/// The outcome of adding a member with a given id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addition {
    /// The member is added.
    Added,
    /// Another member has the email. Nothing was written.
    EmailTaken,
    /// The id is or was another member's. Nothing was written.
    IdTaken,
}

/// A member to be added.
pub(crate) struct NewMember<'a> {
    pub(crate) email: &'a Email,
    pub(crate) hash: Option<&'a PasswordHash>,
    pub(crate) generation: Generation,
    pub(crate) created_at: Timestamp,
}

/// How many ids are tried for one member.
const MOST_PROPOSALS: usize = 40;

/// The longest step of the counter. Without this limit, an import with a few chosen ids could use up all ids.
const LONGEST_STEP: u64 = 1 << 20;

impl Members {
    /// Adds a member with the next free id; `None` if the email already has a member. Without a hash, the member cannot
    /// log in until a password is set.
    ///
    /// # Errors
    /// When a call fails, or when no free id is found ([`StoreError::is_inconsistent`]).
    pub async fn add(
        &self,
        email: &Email,
        hash: Option<&PasswordHash>,
        now: Timestamp,
    ) -> Result<Option<MemberId>, StoreError> {
        let new = NewMember { email, hash, generation: Generation::random(), created_at: now };
        let mut step = 1;
        for _ in 0..MOST_PROPOSALS {
            let id = self.counter().advance(step).await?;
            match self.put_new(&new, id).await? {
                Addition::Added => return Ok(Some(id)),
                Addition::EmailTaken => return Ok(None),
                Addition::IdTaken => step = LONGEST_STEP.min(step * 2),
            }
        }
        Err(StoreError::inconsistent("no free member id was found: run `members check --claim`"))
    }

    /// Like [`Self::add`], for a member who keeps the id from another application.
    pub async fn add_with_id(
        &self,
        email: &Email,
        hash: Option<&PasswordHash>,
        id: MemberId,
        now: Timestamp,
    ) -> Result<Addition, StoreError> {
        let new = NewMember { email, hash, generation: Generation::random(), created_at: now };
        self.put_new(&new, id).await
    }

    /// Adds the member and claims the id, both or neither. The index is queried first. Otherwise, an id whose claim was
    /// lost with the `Epochs` table could be given twice.
    async fn put_new(&self, new: &NewMember<'_>, id: MemberId) -> Result<Addition, StoreError> {
        if !self.emails_of(id).await?.is_empty() {
            return Ok(Addition::IdTaken);
        }
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(Member::new_item(new, id)))
            .condition_expression(EMAIL_IS_FREE);
        let put = TransactWriteItem::builder().put(put.build().expect("table and item are set")).build();
        let claim = self.epochs.claim(id, new.generation, new.created_at);
        match transact(&self.dynamodb, vec![put, claim]).await? {
            Transacted::Done => Ok(Addition::Added),
            Transacted::ConditionFailed(failed) if failed.contains(&0) => self.is_taken(new).await,
            Transacted::ConditionFailed(_) => Ok(Addition::IdTaken),
        }
    }

    /// The outcome if the email has a member. An earlier attempt may have added this very member.
    async fn is_taken(&self, new: &NewMember<'_>) -> Result<Addition, StoreError> {
        let member = self.get(new.email).await?;
        let is_ours = member.is_some_and(|member| member.generation() == new.generation);
        Ok(if is_ours { Addition::Added } else { Addition::EmailTaken })
    }

    pub(super) fn counter(&self) -> Counter<'_> {
        Counter { dynamodb: &self.dynamodb, table: &self.table }
    }
}
