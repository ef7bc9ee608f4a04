//! Commands about members' emails: find a member, and change an email.

use crate::error::Error;
use crate::operator::Operator;
use crate::terminal::record::{Action, MemberRecord, Receipt};
use shared::accounts::EmailChange;
use shared::members::{Email, MemberRef};

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
}
