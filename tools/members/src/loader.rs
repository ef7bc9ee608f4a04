//! One row into the table.

use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::retry::{Stopped, retry_with_backoff};
use crate::rows::{Refusal, Row};
use crate::tables::Tables;
use shared::member::{Member, MemberId};
use shared::member_ids::{KeepableIds, KeptId};
use shared::timestamp::Timestamp;

/// Adds members who are not there yet.
pub(crate) struct Loader<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) keepable: KeepableIds,
    pub(crate) interrupt: Interrupt,
}

/// What became of a row.
#[derive(Debug)]
pub(crate) enum Outcome {
    Loaded,
    AlreadyThere,
    Refused(Refusal),
    /// A blank line or the heading.
    Skipped,
    /// It is to be tried again by the next run.
    Interrupted,
}

/// The number that a new member is to have.
enum Number {
    Drawn(MemberId),
    Kept(KeptId),
}

impl Loader<'_> {
    /// Adds the member of `row`, unless there is one with that email.
    pub(crate) async fn load(&self, row: &Row) -> Result<Outcome, Error> {
        match self.try_to_load(row).await {
            Ok(outcome) => Ok(outcome),
            Err(Stopped::Interrupted) => Ok(Outcome::Interrupted),
            Err(Stopped::Failed(error)) => Err(error.into()),
        }
    }

    /// Looks first: so a second run writes nothing and draws no number, and a member who is there although
    /// the write was refused can only be of this run, from a try whose answer was lost.
    async fn try_to_load(&self, row: &Row) -> Result<Outcome, Stopped> {
        if let Some(member) = self.find(row).await? {
            return Ok(compare(row, &member).map_or_else(Outcome::Refused, |()| Outcome::AlreadyThere));
        }
        let Some(number) = self.number(row).await? else { return Ok(Outcome::Refused(Refusal::IdTaken)) };
        if self.add(row, &number).await? {
            return Ok(Outcome::Loaded);
        }
        let present = self.find(row).await?;
        let compared = present.map_or(Err(Refusal::IdTaken), |member| compare(row, &member));
        Ok(compared.map_or_else(Outcome::Refused, |()| Outcome::Loaded))
    }

    async fn find(&self, row: &Row) -> Result<Option<Member>, Stopped> {
        retry_with_backoff(&self.interrupt, || self.tables.members.find(&row.email)).await
    }

    /// The row's own number, if it can be kept, or the next one.
    async fn number(&self, row: &Row) -> Result<Option<Number>, Stopped> {
        if let Some(id) = row.id {
            return Ok(self.keepable.keep(id).map(Number::Kept));
        }
        let draw = async || self.tables.members.ids().next().await;
        retry_with_backoff(&self.interrupt, draw).await.map(|id| Some(Number::Drawn(id)))
    }

    async fn add(&self, row: &Row, number: &Number) -> Result<bool, Stopped> {
        let (members, now) = (&self.tables.members, Timestamp::now());
        let add = async || match *number {
            Number::Drawn(id) => members.add_numbered(&row.email, &row.hash, id, now).await,
            Number::Kept(id) => members.add_keeping(&row.email, &row.hash, id, now).await,
        };
        retry_with_backoff(&self.interrupt, add).await
    }
}

/// Whether the member who is there is the one of the row.
fn compare(row: &Row, member: &Member) -> Result<(), Refusal> {
    if !member.has_hash(&row.hash) {
        Err(Refusal::OtherHash)
    } else if row.id.is_some_and(|id| id != member.id()) {
        Err(Refusal::OtherId)
    } else {
        Ok(())
    }
}
