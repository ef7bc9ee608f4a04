//! `members check`: finds emails that no login can match, ids that two members share, and ids that are not claimed.

use crate::error::Error;
use crate::operator::Operator;
use crate::text::for_terminal;
use futures_util::TryStreamExt;
use serde::Serialize;
use shared::accounts::EmailChange;
use shared::members::{Email, InvalidEmail, Member, MemberId};
use shared::timestamp::Timestamp;
use std::collections::HashSet;
use std::fmt;
use std::pin::pin;

/// The kinds of problems that a check repairs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Repairs {
    /// Correct the spelling of emails.
    pub(crate) fix: bool,
    /// Claim member ids whose claim is missing.
    pub(crate) claim: bool,
}

/// A problem with a member.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    member_id: MemberId,
    problem: String,
    fixed: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = if self.fixed { ", fixed" } else { "" };
        write!(f, "member {}: {}{fixed}", self.member_id.get(), self.problem)
    }
}

/// The numbers of problems that remain after a check.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    emails: u64,
    shared_ids: u64,
    unclaimed_ids: u64,
}

impl Problems {
    fn verdict(self) -> Result<(), Error> {
        let parts = [
            (
                self.emails,
                "members have an email that no login can match or that is not an address: correct them with set-email or `check --fix`",
            ),
            (self.shared_ids, "member ids belong to two members: remove one of the two by its email"),
            (self.unclaimed_ids, "member ids are not claimed: run `check --claim`"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<_> = parts.map(|(count, problem)| format!("{count} {problem}")).collect();
        if parts.is_empty() { Ok(()) } else { Err(Error::Problems(parts.join("; "))) }
    }
}

/// 1 for a problem that remains, 0 for a repaired one.
fn left(finding: &Finding) -> u64 {
    u64::from(!finding.fixed)
}

impl Operator<'_> {
    /// Lists problems with members, and makes the requested repairs.
    pub(crate) async fn check(&mut self, repairs: Repairs) -> Result<(), Error> {
        let members = self.tables.accounts.members();
        let claimed: HashSet<_> = members.epochs().list_claimed().try_collect().await?;
        let (mut ids, mut problems) = (HashSet::new(), Problems::default());
        let mut list = pin!(members.list());
        while let Some(member) = list.try_next().await? {
            if !member.email().is_for_member() {
                problems.emails += left(&self.check_email(&member, repairs.fix).await?);
            }
            if !ids.insert(member.id()) {
                problems.shared_ids += left(&self.check_shared(member.id()).await?);
            } else if !claimed.contains(&member.id()) {
                problems.unclaimed_ids += left(&self.check_claim(&member, repairs.claim).await?);
            }
        }
        if let Some(largest) = ids.into_iter().max().filter(|_| repairs.claim) {
            members.reserve_up_to(largest).await?;
        }
        self.output.end()?;
        problems.verdict()
    }

    async fn check_email(&mut self, member: &Member, fix: bool) -> Result<Finding, Error> {
        let normal = Email::from_other_system(member.email().as_str());
        let mut problem = problem(normal.as_ref());
        let mut fixed = false;
        if let Ok(email) = normal.as_ref().ok().filter(|_| fix).ok_or(()) {
            match self.tables.accounts.set_email(member, email).await? {
                EmailChange::Changed => fixed = true,
                EmailChange::EmailTaken => {
                    "has a spelling that no login can match, and another member has the usual one"
                        .clone_into(&mut problem);
                }
                EmailChange::NoSuchMember => {
                    "belonged to a member who was removed in the meantime".clone_into(&mut problem);
                }
            }
        }
        self.report(Finding { member_id: member.id(), problem: format!("the email {problem}"), fixed })
    }

    async fn check_shared(&mut self, member_id: MemberId) -> Result<Finding, Error> {
        let emails = self.tables.accounts.members().emails_of(member_id).await?;
        let emails: Vec<_> = emails.iter().map(|email| for_terminal(email.as_str())).collect();
        let problem = format!("the member id belongs to {}", emails.join(" and "));
        self.report(Finding { member_id, problem, fixed: false })
    }

    async fn check_claim(&mut self, member: &Member, claim: bool) -> Result<Finding, Error> {
        if claim {
            self.tables.accounts.members().claim_id(member, Timestamp::now()).await?;
        }
        let problem = "the member id is not claimed".to_owned();
        self.report(Finding { member_id: member.id(), problem, fixed: claim })
    }

    fn report(&mut self, finding: Finding) -> Result<Finding, Error> {
        self.output.record(&finding)?;
        Ok(finding)
    }
}

fn problem(normal: Result<&Email, &InvalidEmail>) -> String {
    match normal {
        Ok(_) => "has a spelling that no login can match".to_owned(),
        Err(fault) => fault.to_string(),
    }
}
