//! The commands for single members.

use crate::error::Error;
use crate::import::{Import, Source};
use crate::options::PasswordSource;
use crate::tables::Tables;
use crate::terminal::new_password;
use crate::terminal::output::Output;
use crate::terminal::record::{Action, MemberRecord, Receipt, SessionRecord};
use futures_util::{TryStreamExt, stream};
use shared::accounts::EmailChange;
use shared::members::{Email, Member, MemberRef, PasswordHash};
use shared::timestamp::Timestamp;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// The commands, on these tables, with their output.
pub(crate) struct Operator<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) output: Output,
}

impl<'a> Operator<'a> {
    pub(crate) fn new(tables: &'a Tables, json: bool) -> Self {
        Self { tables, output: Output::new(json) }
    }

    pub(crate) async fn add(&mut self, email: &Email, password: &PasswordSource) -> Result<(), Error> {
        // Fails early, before the operator types a password. The condition of the write keeps emails unique.
        if self.tables.accounts.members().get(email).await?.is_some() {
            return Err(Error::EmailTaken);
        }
        let hash = self.hash(password, email).await?;
        let added = self.tables.accounts.add(email, &hash, Timestamp::now()).await?;
        let id = added.ok_or(Error::EmailTaken)?;
        self.print(&Receipt::new(Action::Added, email).numbered(id))
    }

    pub(crate) async fn find(&mut self, member: &MemberRef) -> Result<(), Error> {
        let member = self.member(member).await?;
        let record = MemberRecord::new(&member, &self.tables.passwords);
        self.output.list(MemberRecord::HEADING, stream::iter([Ok(record)])).await
    }

    pub(crate) async fn set_email(&mut self, member: &MemberRef, email: &Email) -> Result<(), Error> {
        let member = self.member(member).await?;
        match self.tables.accounts.set_email(&member, email).await? {
            EmailChange::NoSuchMember => Err(Error::NoSuchMember),
            EmailChange::EmailTaken => Err(Error::EmailTaken),
            EmailChange::Changed => self.print(&Receipt::new(Action::EmailSet, email)),
        }
    }

    pub(crate) async fn set_password(
        &mut self,
        member: &MemberRef,
        password: &PasswordSource,
    ) -> Result<(), Error> {
        let member = self.member(member).await?;
        let hash = self.hash(password, member.email()).await?;
        let is_there = self.tables.accounts.set_password(&member, &hash, Timestamp::now()).await?;
        self.done(is_there, Action::PasswordSet, &member)
    }

    pub(crate) async fn disable(&mut self, member: &MemberRef) -> Result<(), Error> {
        let member = self.member(member).await?;
        let is_there = self.tables.accounts.disable(&member, Timestamp::now()).await?;
        self.done(is_there, Action::Disabled, &member)
    }

    pub(crate) async fn enable(&mut self, member: &MemberRef) -> Result<(), Error> {
        let member = self.member(member).await?;
        let is_there = self.tables.accounts.enable(&member).await?;
        self.done(is_there, Action::Enabled, &member)
    }

    pub(crate) async fn remove(&mut self, member: &MemberRef, sure: bool) -> Result<(), Error> {
        let member = self.member(member).await?;
        if !sure {
            confirm_removal(&member)?;
        }
        self.tables.accounts.remove(&member, Timestamp::now()).await?;
        self.done(true, Action::Removed, &member)
    }

    pub(crate) async fn end_sessions(&mut self, member: &MemberRef) -> Result<(), Error> {
        let member = self.member(member).await?;
        self.tables.accounts.revoke_sessions(&member, Timestamp::now()).await?;
        self.done(true, Action::SessionsEnded, &member)
    }

    pub(crate) async fn list(&mut self) -> Result<(), Error> {
        let members = self.tables.accounts.members().list();
        let records = members.map_ok(|member| MemberRecord::new(&member, &self.tables.passwords));
        self.output.list(MemberRecord::HEADING, records).await
    }

    pub(crate) async fn sessions(&mut self, member: &MemberRef) -> Result<(), Error> {
        let member = self.member(member).await?;
        let sessions = self.tables.accounts.sessions().list(member.id(), Timestamp::now()).await?;
        self.output.list(SessionRecord::HEADING, sessions.map_ok(SessionRecord::from)).await
    }

    pub(crate) async fn import(&mut self, source: Source<'_>, report: Option<&Path>) -> Result<(), Error> {
        let (tally, outcome) = Import::prepare(self.tables, source, report).await?.run().await;
        self.output.record(&tally)?;
        self.output.end()?;
        outcome
    }

    pub(crate) async fn member(&self, member: &MemberRef) -> Result<Member, Error> {
        self.tables.accounts.get(member).await?.ok_or(Error::NoSuchMember)
    }

    async fn hash(&self, source: &PasswordSource, email: &Email) -> Result<PasswordHash, Error> {
        let password = new_password::read(source)?;
        if source.allow_weak {
            password.check_storable()?;
        } else {
            self.tables.policy.check(&password, email).await?;
        }
        Ok(self.tables.passwords.hash(&password).await.expect("the password was checked"))
    }

    fn done(&mut self, is_there: bool, action: Action, member: &Member) -> Result<(), Error> {
        if is_there { self.print(&Receipt::new(action, member.email())) } else { Err(Error::NoSuchMember) }
    }

    fn print(&mut self, receipt: &Receipt) -> Result<(), Error> {
        self.output.record(receipt)?;
        self.output.end()
    }
}

/// Asks on the terminal. Fails if there is no terminal.
fn confirm_removal(member: &Member) -> Result<(), Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::NotSure);
    }
    eprint!("Remove member {} for good? [y/N] ", member.id().get());
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(Error::Input)?;
    let is_yes = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    if is_yes { Ok(()) } else { Err(Error::NotConfirmed) }
}
