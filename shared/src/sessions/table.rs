//! The `Sessions` table. A session's item and its member's epoch together decide whether the session is live.

mod pages;

pub use pages::SessionPage;

use crate::config::{ConfigError, Environment};
use crate::members::{Epoch, EpochLookup, Epochs, Member, MemberId, Members};
use crate::sessions::{Session, SessionHash, SessionLookup, SessionTimeouts, SessionToken};
use crate::store::{Item, StoreError, Transacted, b, if_condition_held, n, read_all, transact};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, KeysAndAttributes, Put, ReturnValue, TransactWriteItem,
};
use futures_util::{Stream, TryStreamExt, future, stream};
use std::time::Duration;

/// The `Sessions` table: partition key `member_id`, sort key `session` (the SHA-256 of the session's id).
#[derive(Debug)]
pub struct Sessions {
    dynamodb: Client,
    table: String,
    epochs: Epochs,
    timeouts: SessionTimeouts,
}

/// A verified login.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// The member, as read before the password was verified.
    pub member: &'a Member,
    /// The member's epoch, read before the password was verified.
    pub epoch: Epoch,
    /// Whether the session outlives the browser.
    pub remember: bool,
    /// The session whose cookie the login request carried.
    pub replaced: Option<SessionToken>,
}

/// The outcome of starting a session.
#[derive(Clone, Copy, Debug)]
pub enum SessionStart {
    /// The session is live.
    Started(SessionToken),
    /// The member was changed, disabled or removed since it was read. There is no session.
    MemberChanged,
}

impl Sessions {
    /// The sessions in the table named by `SESSIONS_TABLE`, with the epochs and the timeouts of the environment.
    pub fn from_env(environment: &Environment, dynamodb: &Client) -> Result<Self, ConfigError> {
        let timeouts = SessionTimeouts::from_env(environment)?;
        let (table, epochs) =
            (environment.table("SESSIONS_TABLE")?, Epochs::from_env(environment, dynamodb)?);
        Ok(Self::new(dynamodb.clone(), table, epochs, timeouts))
    }

    /// The sessions in `table`.
    pub const fn new(dynamodb: Client, table: String, epochs: Epochs, timeouts: SessionTimeouts) -> Self {
        Self { dynamodb, table, epochs, timeouts }
    }

    /// The epochs that decide which sessions are revoked.
    pub const fn epochs(&self) -> &Epochs {
        &self.epochs
    }

    /// Starts a session for `login.member` and ends the session `login.replaced`, both or neither.
    ///
    /// Invariant: the transaction checks that the member is unchanged since the password was verified. The epoch needs
    /// no check, because it was read before the password was verified: a revocation in between also revokes this
    /// session.
    pub async fn start(
        &self,
        members: &Members,
        login: NewSession<'_>,
        now: Timestamp,
    ) -> Result<SessionStart, StoreError> {
        let token = SessionToken::generate(login.member.id());
        let actions = [members.unchanged(login.member), self.put(&token, &login, now)];
        let actions = actions.into_iter().chain(login.replaced.map(|old| self.delete(&old)));
        Ok(match transact(&self.dynamodb, actions.collect()).await? {
            Transacted::Done => SessionStart::Started(token),
            Transacted::ConditionFailed(_) => SessionStart::MemberChanged,
        })
    }

    /// `Max-Age` of the session's cookie; `None` without `remember`.
    pub fn cookie_max_age(&self, remember: bool) -> Option<Duration> {
        remember.then(|| self.timeouts.of(true).absolute)
    }

    /// Looks up a token. One call reads the session and its member's epoch.
    pub async fn get(&self, token: SessionToken, now: Timestamp) -> Result<SessionLookup, StoreError> {
        let session = KeysAndAttributes::builder().keys(token.key().into()).consistent_read(true);
        let session = (self.table.clone(), session.build().expect("keys are set"));
        let read = read_all(&self.dynamodb, [session, self.epoch_of(token)]).await?;
        let first = |table: &str| read.get(table).and_then(|items| items.first());
        Ok(self.look_up(first(&self.table), first(self.epochs.table()), now))
    }

    /// Records that the session is used, unless a use was recorded recently. Returns whether the session is still live.
    /// The write does not bring back a session that ended after it was read.
    pub async fn touch(&self, session: &Session, now: Timestamp) -> Result<bool, StoreError> {
        let timeouts = self.timeouts.of(session.remember);
        if now < session.last_seen_at + timeouts.record_interval() {
            return Ok(true);
        }
        let ends_at = timeouts.ends_at(session.created_at, now);
        let seconds_before = |timeout: Duration| n(now.as_secs().saturating_sub(timeout.as_secs()));
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(session_key(session.member, session.hash).into()))
            .update_expression("SET last_seen_at = :now, expires_at = :ends_at")
            .condition_expression("last_seen_at > :idle_since AND created_at > :created_before")
            .expression_attribute_values(":now", n(now.as_secs()))
            .expression_attribute_values(":ends_at", n(ends_at.as_secs()))
            .expression_attribute_values(":idle_since", seconds_before(timeouts.idle))
            .expression_attribute_values(":created_before", seconds_before(timeouts.absolute));
        Ok(if_condition_held(update.send().await)?.is_some())
    }

    /// Ends the session of `token`. Returns the session's state before this call.
    ///
    /// # Errors
    /// When a call fails. The session may have ended nevertheless.
    pub async fn end(&self, token: SessionToken, now: Timestamp) -> Result<SessionLookup, StoreError> {
        let delete = self.dynamodb.delete_item().table_name(&self.table).return_values(ReturnValue::AllOld);
        let delete = delete.set_key(Some(token.key().into())).send();
        let (deleted, read) = tokio::join!(delete, read_all(&self.dynamodb, [self.epoch_of(token)]));
        let (deleted, read) = (deleted?.attributes, read?);
        let epoch = read.get(self.epochs.table()).and_then(|items| items.first());
        Ok(self.look_up(deleted.as_ref(), epoch, now))
    }

    /// Revokes all sessions of the member, if the session of `token` is live. Returns the state of that session before
    /// this call.
    ///
    /// # Errors
    /// When a call fails. The sessions may be revoked nevertheless.
    pub async fn revoke_all_by(
        &self,
        token: SessionToken,
        now: Timestamp,
    ) -> Result<SessionLookup, StoreError> {
        let found = self.get(token, now).await?;
        if found.live().is_some() {
            self.epochs.revoke(token.member(), now).await?;
        }
        Ok(found)
    }

    /// The member's live sessions. The stream reads the table page by page.
    ///
    /// # Errors
    /// When the member's epoch cannot be read. Later failures are errors of the stream.
    pub async fn list(
        &self,
        member: MemberId,
        now: Timestamp,
    ) -> Result<impl Stream<Item = Result<Session, StoreError>> + use<>, StoreError> {
        let query = self.query_live(member, now).await?;
        let items = query.into_paginator().items().send();
        let items = stream::unfold(items, async |mut items| Some((items.next().await?, items)));
        let sessions = items.map_err(StoreError::from);
        Ok(sessions.try_filter_map(move |item| future::ok(Session::from_item(&item, now).ok())))
    }

    async fn query_live(&self, member: MemberId, now: Timestamp) -> Result<QueryFluentBuilder, StoreError> {
        // Without an epoch, no session is live. The filter then compares with null, which no epoch equals.
        let epoch =
            self.epochs.get(Some(member)).await?.found().map_or(AttributeValue::Null(true), Into::into);
        Ok(self
            .dynamodb
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("member_id = :member")
            .filter_expression("epoch = :epoch AND expires_at > :now")
            .expression_attribute_values(":member", n(member.get()))
            .expression_attribute_values(":epoch", epoch)
            .expression_attribute_values(":now", n(now.as_secs())))
    }

    fn epoch_of(&self, token: SessionToken) -> (String, KeysAndAttributes) {
        (self.epochs.table().to_owned(), Epochs::keys(token.member()))
    }

    /// Determines the state of a session from its item and the item of its member's epoch.
    fn look_up(&self, item: Option<&Item>, epoch: Option<&Item>, now: Timestamp) -> SessionLookup {
        let session = match item.map(|item| Session::from_item(item, now)) {
            Some(Ok(session)) if self.is_live(&session, now) => session,
            Some(Ok(_)) => return SessionLookup::Expired,
            Some(Err(malformed)) => return SessionLookup::Malformed(malformed),
            None => return SessionLookup::Missing,
        };
        match EpochLookup::from_item("Epochs", epoch) {
            EpochLookup::Found(epoch) if item.is_some_and(|item| epoch.is_of(item)) => {
                SessionLookup::Live(session)
            }
            EpochLookup::Found(_) | EpochLookup::Missing => SessionLookup::Revoked,
            EpochLookup::Malformed(malformed) => SessionLookup::Malformed(malformed),
        }
    }

    fn is_live(&self, session: &Session, now: Timestamp) -> bool {
        let timeouts = self.timeouts.of(session.remember);
        now < timeouts.ends_at(session.created_at, session.last_seen_at)
    }

    fn put(&self, token: &SessionToken, login: &NewSession<'_>, now: Timestamp) -> TransactWriteItem {
        let ends_at = self.timeouts.of(login.remember).ends_at(now, now);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(token.key().into()))
            .item("created_at", n(now.as_secs()))
            .item("last_seen_at", n(now.as_secs()))
            .item("remember", AttributeValue::Bool(login.remember))
            .item("epoch", login.epoch.clone().into())
            .item("expires_at", n(ends_at.as_secs()));
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    fn delete(&self, token: &SessionToken) -> TransactWriteItem {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(token.key().into()));
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }
}

/// The key of a session's item.
fn session_key(member: MemberId, session: SessionHash) -> [(String, AttributeValue); 2] {
    [("member_id".to_owned(), n(member.get())), ("session".to_owned(), b(&session.0))]
}
