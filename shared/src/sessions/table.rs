//! The `Sessions` table, which alone decides whether a session is live.

use crate::config::{ConfigError, Environment};
use crate::members::{Member, MemberId, Members};
use crate::sessions::{ListedSession, Session, SessionLookup, SessionTimeouts, SessionToken};
use crate::store::{Item, StoreError, Transacted, if_condition_held, n, transact};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValue, TransactWriteItem};
use futures_util::{Stream, StreamExt, TryStreamExt, future, stream};
use std::time::Duration;

/// The `Sessions` table: partition key `member_id`, sort key `session` (the SHA-256 of the session's id).
#[derive(Debug)]
pub struct Sessions {
    client: Client,
    table: String,
    timeouts: SessionTimeouts,
}

/// How many deletes of one member's sessions are in progress at once.
const DELETES_AT_ONCE: usize = 16;

/// How the start of a session ended.
#[derive(Clone, Copy, Debug)]
pub enum SessionStart {
    /// The session is live.
    Started(SessionToken),
    /// The member was changed, disabled or removed since it was read. There is no session.
    MemberChanged,
}

impl Sessions {
    /// The sessions in the table named by `SESSIONS_TABLE`, with the timeouts of the environment.
    ///
    /// # Errors
    /// When a variable is missing or bad.
    pub fn from_env(environment: &Environment, client: &Client) -> Result<Self, ConfigError> {
        let timeouts = SessionTimeouts::from_env(environment)?;
        Ok(Self::new(client.clone(), environment.table("SESSIONS_TABLE")?, timeouts))
    }

    /// The sessions in `table`.
    #[must_use]
    pub const fn new(client: Client, table: String, timeouts: SessionTimeouts) -> Self {
        Self { client, table, timeouts }
    }

    /// Starts a session for `member` and ends the session `replaced`, both or neither.
    ///
    /// Invariant: the transaction checks that the member is unchanged since the password was verified. Without it, a
    /// login in progress could start a session after the member's sessions were ended.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn start(
        &self,
        members: &Members,
        member: &Member,
        remember: bool,
        replaced: Option<SessionToken>,
        now: Timestamp,
    ) -> Result<SessionStart, StoreError> {
        let token = SessionToken::generate(member.id());
        let actions = [members.unchanged(member), self.put(&token, remember, now)];
        let actions = actions.into_iter().chain(replaced.map(|old| self.delete(&old)));
        Ok(match transact(&self.client, actions.collect()).await? {
            Transacted::Done => SessionStart::Started(token),
            Transacted::ConditionFailed(_) => SessionStart::MemberChanged,
        })
    }

    /// `Max-Age` of the session's cookie; `None` without `remember`.
    #[must_use]
    pub fn cookie_max_age(&self, remember: bool) -> Option<Duration> {
        remember.then(|| self.timeouts.of(true).absolute())
    }

    /// The session of `token` as it is at `now`.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn find(&self, token: SessionToken, now: Timestamp) -> Result<SessionLookup, StoreError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let item = get.set_key(Some(token.key().into())).send().await?.item;
        Ok(self.look_up(token, item.as_ref(), now))
    }

    /// Records that the session is used, unless that was recorded a short while ago. Returns whether the session is
    /// still live: the write does not bring back a session that was ended since it was read.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn touch(&self, session: &Session, now: Timestamp) -> Result<bool, StoreError> {
        let timeouts = self.timeouts.of(session.remember());
        if now < session.last_seen_at() + timeouts.record_interval() {
            return Ok(true);
        }
        let ends_at = timeouts.ends_at(session.created_at(), now);
        let seconds_before = |timeout: Duration| n(now.as_secs().saturating_sub(timeout.as_secs()));
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(session.token().key().into()))
            .update_expression("SET last_seen_at = :now, expires_at = :ends_at")
            .condition_expression("last_seen_at > :idle_since AND created_at > :created_before")
            .expression_attribute_values(":now", n(now.as_secs()))
            .expression_attribute_values(":ends_at", n(ends_at.as_secs()))
            .expression_attribute_values(":idle_since", seconds_before(timeouts.idle()))
            .expression_attribute_values(":created_before", seconds_before(timeouts.absolute()));
        Ok(if_condition_held(update.send().await)?.is_some())
    }

    /// Ends the session of `token`. Returns what the token opened until then.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn end(&self, token: SessionToken, now: Timestamp) -> Result<SessionLookup, StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).return_values(ReturnValue::AllOld);
        let deleted = delete.set_key(Some(token.key().into())).send().await?.attributes;
        Ok(self.look_up(token, deleted.as_ref(), now))
    }

    /// Ends every session of the member, if `token` opens a live one. That session ends last, so that the member can
    /// repeat a request that failed halfway. Returns what the token opened until then.
    ///
    /// # Errors
    /// When a call fails. Some sessions may have ended by then.
    pub async fn end_all_by(&self, token: SessionToken, now: Timestamp) -> Result<SessionLookup, StoreError> {
        let own_key = Item::from(token.key());
        let (own, others): (Vec<_>, Vec<_>) =
            self.of_member(token.member()).await?.into_iter().partition(|item| key_of(item) == own_key);
        let found = self.look_up(token, own.first(), now);
        if found.live().is_some() {
            self.delete_all(others).await?;
            self.end(token, now).await?;
        }
        Ok(found)
    }

    /// Ends every session that the member has now. A login in progress is stopped by the member's generation instead.
    ///
    /// # Errors
    /// When a call fails. Some sessions may have ended by then.
    pub async fn end_all(&self, member: MemberId) -> Result<(), StoreError> {
        self.delete_all(self.of_member(member).await?).await
    }

    /// The member's sessions that have not expired at `now`, a page of the table at a time.
    pub fn list(
        &self,
        member: MemberId,
        now: Timestamp,
    ) -> impl Stream<Item = Result<ListedSession, StoreError>> + use<> {
        let items = self.query(member).into_paginator().items().send();
        let items = stream::unfold(items, async |mut items| Some((items.next().await?, items)));
        items.map_err(StoreError::from).try_filter_map(move |item| {
            future::ok(ListedSession::from_item(&item).filter(|session| session.expires_at() > now))
        })
    }

    async fn of_member(&self, member: MemberId) -> Result<Vec<Item>, StoreError> {
        Ok(self.query(member).into_paginator().items().send().try_collect().await?)
    }

    fn query(&self, member: MemberId) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("member_id = :member")
            .expression_attribute_values(":member", n(member.get()))
    }

    async fn delete_all(&self, sessions: Vec<Item>) -> Result<(), StoreError> {
        stream::iter(sessions)
            .map(|item| self.delete_item(key_of(&item)))
            .buffer_unordered(DELETES_AT_ONCE)
            .try_collect()
            .await
    }

    async fn delete_item(&self, key: Item) -> Result<(), StoreError> {
        self.client.delete_item().table_name(&self.table).set_key(Some(key)).send().await?;
        Ok(())
    }

    fn look_up(&self, token: SessionToken, item: Option<&Item>, now: Timestamp) -> SessionLookup {
        match item.map(|item| Session::from_item(token, item, now)) {
            Some(Ok(session)) if self.is_live(&session, now) => SessionLookup::Live(session),
            Some(Ok(_)) => SessionLookup::Expired,
            Some(Err(malformed)) => SessionLookup::Malformed(malformed),
            None => SessionLookup::Missing,
        }
    }

    fn is_live(&self, session: &Session, now: Timestamp) -> bool {
        let timeouts = self.timeouts.of(session.remember());
        now < timeouts.ends_at(session.created_at(), session.last_seen_at())
    }

    fn put(&self, token: &SessionToken, remember: bool, now: Timestamp) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(token.key().into()))
            .item("created_at", n(now.as_secs()))
            .item("last_seen_at", n(now.as_secs()))
            .item("remember", AttributeValue::Bool(remember))
            .item("expires_at", n(self.timeouts.of(remember).ends_at(now, now).as_secs()));
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    fn delete(&self, token: &SessionToken) -> TransactWriteItem {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(token.key().into()));
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }
}

fn key_of(item: &Item) -> Item {
    let is_key = |name: &str| matches!(name, "member_id" | "session");
    item.iter().filter(|(name, _)| is_key(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
