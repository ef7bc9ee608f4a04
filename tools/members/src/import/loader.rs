//! Writes one row to the table.

use crate::error::Error;
use crate::import::rows::{Refusal, Row};
use crate::tables::Tables;
use crate::tables::retry::{Stopped, retry_with_backoff};
use crate::terminal::interrupt::Interrupt;
use shared::members::{Addition, Member};
use shared::timestamp::Timestamp;

/// Adds members who do not exist yet.
pub(crate) struct Loader<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) interrupt: Interrupt,
}

/// The outcome of a row.
#[derive(Debug)]
pub(crate) enum Outcome {
    Loaded,
    AlreadyThere,
    Refused(Refusal),
    /// An empty line or the heading.
    Skipped,
    /// The row was not tried, or its outcome is unknown. The next run tries it again.
    Interrupted,
}

impl Loader<'_> {
    /// Adds the member of `row`, unless a member with the same email exists.
    pub(crate) async fn load(&self, row: &Row) -> Result<Outcome, Error> {
        match self.try_to_load(row).await {
            Ok(outcome) => Ok(outcome),
            Err(Stopped::Interrupted) => Ok(Outcome::Interrupted),
            Err(Stopped::Failed(error)) => Err(error.into()),
        }
    }

    /// Reads first, so that a second run writes nothing and claims no id. If the write is refused and the row's member
    /// now exists, an earlier attempt added the member but its response was lost.
    async fn try_to_load(&self, row: &Row) -> Result<Outcome, Stopped> {
        if let Some(member) = self.find(row).await? {
            return Ok(compare(row, &member).map_or_else(Outcome::Refused, |()| Outcome::AlreadyThere));
        }
        if self.add(row).await? == Addition::Added {
            return Ok(Outcome::Loaded);
        }
        let present = self.find(row).await?;
        let compared = present.map_or(Err(Refusal::IdTaken), |member| compare(row, &member));
        Ok(compared.map_or_else(Outcome::Refused, |()| Outcome::Loaded))
    }

    async fn find(&self, row: &Row) -> Result<Option<Member>, Stopped> {
        retry_with_backoff(&self.interrupt, || self.tables.accounts.members().get(&row.email)).await
    }

    /// Adds the member with the row's id, or with the next free id.
    async fn add(&self, row: &Row) -> Result<Addition, Stopped> {
        let (members, now) = (self.tables.accounts.members(), Timestamp::now());
        let (email, hash) = (&row.email, row.hash.as_ref());
        if let Some(id) = row.id {
            let add = || members.add_with_id(email, hash, id, now);
            return retry_with_backoff(&self.interrupt, add).await;
        }
        let add = || members.add(email, hash, now);
        let added = retry_with_backoff(&self.interrupt, add).await?;
        Ok(added.map_or(Addition::EmailTaken, |_| Addition::Added))
    }
}

/// Checks that the existing member has the hash and the id of the row. A row without a hash matches any hash, because
/// the password may have been set since the first run.
fn compare(row: &Row, member: &Member) -> Result<(), Refusal> {
    if row.hash.as_ref().is_some_and(|hash| !member.has_hash(hash)) {
        Err(Refusal::OtherHash)
    } else if row.id.is_some_and(|id| id != member.id()) {
        Err(Refusal::OtherId)
    } else {
        Ok(())
    }
}
