//! Commands about members' emails: find a member, change an email, and check stored emails.

use crate::error::Error;
use crate::operator::Operator;
use crate::record::{Action, MemberRecord, Receipt};
use futures_util::TryStreamExt;
use shared::accounts::EmailChange;
use shared::members::{Email, InvalidEmail, Member, MemberRef};
use std::fmt;
use std::pin::pin;

/// A member whose stored email no new member could have.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckedEmail {
    member_id: u64,
    problem: String,
    fixed: bool,
}

impl fmt::Display for CheckedEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = if self.fixed { ", fixed" } else { "" };
        write!(f, "member {}: the email {}{fixed}", self.member_id, self.problem)
    }
}

impl Operator<'_> {
    pub(crate) async fn find(&mut self, member: &MemberRef) -> Result<(), Error> {
        let member = self.member(member).await?;
        self.output.heading(MemberRecord::HEADING)?;
        self.output.record(&MemberRecord::new(&member, &self.tables.passwords))?;
        self.output.end()
    }

    pub(crate) async fn set_email(&mut self, member: &MemberRef, email: &Email) -> Result<(), Error> {
        let member = self.member(member).await?;
        match self.tables.accounts.set_email(&member, email).await? {
            EmailChange::NoSuchMember => Err(Error::NoSuchMember),
            EmailChange::EmailTaken => Err(Error::EmailTaken),
            EmailChange::Changed => {
                self.output.record(&Receipt::new(Action::EmailSet, email))?;
                self.output.end()
            }
        }
    }

    /// Lists members whose stored email is not in its normal form or is not an address. With `fix`, gives those an email
    /// in its normal form who can have one.
    pub(crate) async fn check(&mut self, fix: bool) -> Result<(), Error> {
        let mut members = pin!(self.tables.accounts.members().list());
        let mut left = 0_u64;
        while let Some(member) = members.try_next().await? {
            if member.email().is_for_member() {
                continue;
            }
            let checked = self.check_one(&member, fix).await?;
            left += u64::from(!checked.fixed);
            self.output.record(&checked)?;
        }
        self.output.end()?;
        if left == 0 { Ok(()) } else { Err(Error::BadEmails(left)) }
    }

    async fn check_one(&self, member: &Member, fix: bool) -> Result<CheckedEmail, Error> {
        let normal = Email::for_member(member.email().as_str());
        let mut problem = problem(normal.as_ref());
        let mut fixed = false;
        if let Ok(email) = normal.as_ref().ok().filter(|_| fix).ok_or(()) {
            match self.tables.accounts.set_email(member, email).await? {
                EmailChange::Changed => fixed = true,
                EmailChange::EmailTaken => {
                    "has a spelling that no login finds, and another member has the usual one"
                        .clone_into(&mut problem);
                }
                EmailChange::NoSuchMember => {
                    "belonged to a member who was removed meanwhile".clone_into(&mut problem);
                }
            }
        }
        Ok(CheckedEmail { member_id: member.id().get(), problem, fixed })
    }
}

fn problem(normal: Result<&Email, &InvalidEmail>) -> String {
    match normal {
        Ok(_) => "has a spelling that no login finds".to_owned(),
        Err(fault) => fault.to_string(),
    }
}
