//! Restores members from a backup.
//!
//! A restoration reads the table that a backup was restored to, and adds members with conditional writes. So a
//! restoration can be stopped at any point and run again.

use crate::check::Repairs;
use crate::error::Error;
use crate::operator::Operator;
use crate::tables::retry::{Stopped, retry_with_backoff};
use crate::terminal::interrupt::{self, Interrupt};
use crate::text::for_terminal;
use futures_util::{StreamExt, TryStreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use shared::members::{BackedUpMember, MemberId, Members, Restoration, RestoreRules};
use shared::timestamp::Timestamp;
use std::fmt;
use std::pin::pin;
use std::time::Duration;

/// The number of members that are written concurrently, as in an import.
const MEMBERS_AT_ONCE: usize = 32;

/// The options of a restoration.
#[derive(Clone, Debug)]
pub(crate) struct Restore {
    pub(crate) from: String,
    pub(crate) rules: RestoreRules,
    pub(crate) dry_run: bool,
}

/// A member who was not restored, or who came back disabled.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Note {
    member_id: MemberId,
    email: String,
    restored: bool,
    reason: &'static str,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let restored = if self.restored { "restored and disabled" } else { "left out" };
        let email = for_terminal(&self.email);
        write!(f, "member {}, {email}: {restored}: {}", self.member_id.get(), self.reason)
    }
}

/// The counts of members, by their outcome.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tally {
    dry_run: bool,
    total: u64,
    restored: u64,
    already_there: u64,
    left_out: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dry_run, total, restored, already_there, left_out } = self;
        let verb = if *dry_run { "would be restored" } else { "restored" };
        write!(
            f,
            "{total} in the backup: {restored} {verb}, {already_there} already there, {left_out} left out"
        )
    }
}

impl Tally {
    fn count(&mut self, end: Restoration) {
        self.total += 1;
        *match end {
            Restoration::Restored | Restoration::RestoredDisabled => &mut self.restored,
            Restoration::Present => &mut self.already_there,
            Restoration::EmailTaken
            | Restoration::EmailMalformed
            | Restoration::Removed
            | Restoration::Outdated
            | Restoration::Moved
            | Restoration::Interfered => &mut self.left_out,
        } += 1;
    }
}

/// Why a member is not restored or is disabled. `None` for a member who is restored as in the backup, or already
/// exists.
const fn reason(end: Restoration) -> Option<&'static str> {
    match end {
        Restoration::Restored | Restoration::Present => None,
        Restoration::RestoredDisabled => Some("the member was changed since the backup"),
        Restoration::EmailTaken => Some("another member has the email: --overwrite replaces that member"),
        Restoration::EmailMalformed => Some("the item at this email is malformed: delete it"),
        Restoration::Removed => Some("the member was removed since the backup"),
        Restoration::Outdated => {
            Some("the member was changed since the backup: --outdated restores the old state, disabled")
        }
        Restoration::Moved => Some("the member has another email now"),
        Restoration::Interfered => Some("the member was changed at the same time: run the command again"),
    }
}

impl Operator<'_> {
    pub(crate) async fn restore(&mut self, restore: &Restore) -> Result<(), Error> {
        let members = self.tables.accounts.members();
        let (interrupt, bar) = (interrupt::listen(), progress());
        let (mut tally, mut largest) = (Tally { dry_run: restore.dry_run, ..Tally::default() }, None);
        let backup = members.list_backup(restore.from.clone()).take_until(interrupt.clone());
        let ends =
            backup.map_err(Error::from).map(|member| restore_one(members, restore, member, &interrupt));
        let mut ends = pin!(ends.buffered(MEMBERS_AT_ONCE));
        while let Some((member, end)) = ends.try_next().await? {
            largest = largest.max(Some(member.member().id()));
            tally.count(end);
            bar.inc(1);
            self.note(&member, end)?;
        }
        bar.finish_and_clear();
        self.output.record(&tally)?;
        self.output.end()?;
        if interrupt.peek().is_some() {
            return Err(Error::Interrupted);
        }
        if restore.dry_run {
            return Ok(());
        }
        if let Some(largest) = largest {
            members.reserve_up_to(largest).await?;
        }
        self.check(Repairs::default()).await
    }

    fn note(&mut self, member: &BackedUpMember, end: Restoration) -> Result<(), Error> {
        let Some(reason) = reason(end) else { return Ok(()) };
        let member = member.member();
        self.output.record(&Note {
            member_id: member.id(),
            email: member.email().as_str().to_owned(),
            restored: end == Restoration::RestoredDisabled,
            reason,
        })
    }
}

async fn restore_one(
    members: &Members,
    restore: &Restore,
    member: Result<BackedUpMember, Error>,
    interrupt: &Interrupt,
) -> Result<(BackedUpMember, Restoration), Error> {
    let (member, now) = (member?, Timestamp::now());
    let end = retry_with_backoff(interrupt, async || {
        if restore.dry_run {
            members.can_restore(&member, restore.rules).await
        } else {
            members.restore(&member, restore.rules, now).await
        }
    });
    match end.await {
        Ok(end) => Ok((member, end)),
        Err(Stopped::Interrupted) => Err(Error::Interrupted),
        Err(Stopped::Failed(cause)) => Err(cause.into()),
    }
}

/// Indicatif hides the progress unless standard error is a terminal. The number of members is not known in advance.
fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {human_pos} members, {per_sec}");
    let bar = ProgressBar::new_spinner().with_style(style.expect("the template is one"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
