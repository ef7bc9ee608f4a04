//! The `Sessions` table, which alone decides whether a session is live.

use crate::dynamodb::{Fault, Item, if_condition_held, n};
use crate::error::Error;
use crate::lifespan::Lifespans;
use crate::member::{Member, MemberId};
use crate::members::Members;
use crate::session::{Found, ListedSession, Session};
use crate::session_token::SessionToken;
use crate::signing_key::random;
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use futures_util::{Stream, StreamExt, TryStreamExt, future, stream};
use std::time::Duration;

/// The `Sessions` table: partition key `member_id`, sort key `session` (the SHA-256 of the id).
#[derive(Debug)]
pub struct Sessions {
    client: Client,
    table: String,
    lifespans: Lifespans,
}

/// How many deletes of one member's sessions are under way at once.
const DELETES_AT_ONCE: usize = 16;

/// How often a transaction that met another on the same member is tried, and how long the first pause
/// is, at most. Each pause is up to twice the one before, by chance, so that two part ways.
const CONFLICT_TRIES: u32 = 5;
const CONFLICT_PAUSE: Duration = Duration::from_millis(20);

impl Sessions {
    /// The sessions in `table`.
    #[must_use]
    pub fn new(client: Client, table: String, lifespans: Lifespans) -> Self {
        Self { client, table, lifespans }
    }

    /// Starts a session for `member`, and ends the one that came with the login; both or neither. Only
    /// while the member is as it was when the password was verified: in this one transaction lies the
    /// promise that ending a member's sessions ends all of them.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`] when the member has changed, [`Error::Unavailable`].
    pub async fn start(
        &self,
        members: &Members,
        member: &Member,
        remember: bool,
        replaced: Option<SessionToken>,
        now: Timestamp,
    ) -> Result<SessionToken, Error> {
        let token = SessionToken::generate(member.id());
        let actions: Vec<_> = [members.unchanged(member), self.put(&token, remember, now)]
            .into_iter()
            .chain(replaced.map(|old| self.delete(&old)))
            .collect();
        for attempt in 0..CONFLICT_TRIES {
            match self.transact(actions.clone()).await? {
                Outcome::Done => return Ok(token),
                Outcome::MemberChanged => return Err(Error::InvalidCredentials),
                Outcome::Conflict => pause(attempt).await,
            }
        }
        Err(Error::Unavailable(Fault::unexpected("too many transactions on one member")))
    }

    /// `Max-Age` of the cookie of such a session; without `remember`, none.
    #[must_use]
    pub fn cookie_max_age(&self, remember: bool) -> Option<Duration> {
        remember.then(|| Duration::from_secs(self.lifespans.of(true).lifetime()))
    }

    /// The session of `token`, as it stands at `now`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find(&self, token: SessionToken, now: Timestamp) -> Result<Found, Error> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let item = get.set_key(Some(token.key().into())).send().await?.item;
        Ok(item.map_or(Found::Nothing, |item| self.read(token, &item, now)))
    }

    /// Notes that the session was used, unless that was noted a short while ago. Returns whether the
    /// session is still live: one that was ended meanwhile stays dead.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn touch(&self, session: &Session, now: Timestamp) -> Result<bool, Error> {
        let lifespan = self.lifespans.of(session.remember());
        if now.as_secs() < session.last_seen_at().saturating_add(lifespan.note_every()) {
            return Ok(true);
        }
        let ends_at = lifespan.ends_at(session.created_at(), now.as_secs());
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(session.token().key().into()))
            .update_expression("SET last_seen_at = :now, expires_at = :ends_at")
            .condition_expression("last_seen_at > :idle_since AND created_at > :created_before")
            .expression_attribute_values(":now", n(now.as_secs()))
            .expression_attribute_values(":ends_at", n(ends_at))
            .expression_attribute_values(":idle_since", n(now.as_secs().saturating_sub(lifespan.idle())))
            .expression_attribute_values(
                ":created_before",
                n(now.as_secs().saturating_sub(lifespan.lifetime())),
            );
        Ok(if_condition_held(update.send().await)?.is_some())
    }

    /// Ends the session of `token`, live or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end(&self, token: SessionToken) -> Result<(), Error> {
        self.delete_item(token.key()).await
    }

    /// Ends every session of the member whose live session `token` opens; none, if what it opens is not
    /// live. That session ends last: while it lives, the member can ask again if a call fails halfway.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; some sessions may be over by then.
    pub async fn end_all_by(&self, token: SessionToken, now: Timestamp) -> Result<Found, Error> {
        let own_key = Item::from(token.key());
        let (own, others): (Vec<_>, Vec<_>) =
            self.of_member(token.member()).await?.into_iter().partition(|item| key_of(item) == own_key);
        let found = own.first().map_or(Found::Nothing, |item| self.read(token, item, now));
        if found.live().is_some() {
            self.delete_all(others).await?;
            self.end(token).await?;
        }
        Ok(found)
    }

    /// Ends every session that the member has now. One that a login under way starts is not among them:
    /// [`Members::end_sessions`] holds that off too.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; some sessions may be over by then.
    pub async fn end_all(&self, member: MemberId) -> Result<(), Error> {
        self.delete_all(self.of_member(member).await?).await
    }

    /// The member's sessions that are not over at `now`, a page of the table at a time.
    pub fn list(
        &self,
        member: MemberId,
        now: Timestamp,
    ) -> impl Stream<Item = Result<ListedSession, Error>> + use<> {
        let items = self.query(member).into_paginator().items().send();
        let items = stream::unfold(items, async |mut items| Some((items.next().await?, items)));
        items.map_err(Error::from).try_filter_map(move |item| {
            future::ok(ListedSession::from_item(&item).filter(|session| session.expires_at() > now))
        })
    }

    async fn of_member(&self, member: MemberId) -> Result<Vec<Item>, Error> {
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

    async fn delete_all(&self, sessions: Vec<Item>) -> Result<(), Error> {
        stream::iter(sessions)
            .map(|item| self.delete_item(key_of(&item)))
            .buffer_unordered(DELETES_AT_ONCE)
            .try_collect()
            .await
    }

    fn read(&self, token: SessionToken, item: &Item, now: Timestamp) -> Found {
        match Session::from_item(token, item, now) {
            Ok(session) if self.is_live(&session, now) => Found::Live(session),
            Ok(_) => Found::Expired,
            Err(unreadable) => Found::Unreadable(unreadable),
        }
    }

    fn is_live(&self, session: &Session, now: Timestamp) -> bool {
        let lifespan = self.lifespans.of(session.remember());
        now.as_secs() < lifespan.ends_at(session.created_at(), session.last_seen_at())
    }

    async fn delete_item(&self, key: impl Into<Item>) -> Result<(), Error> {
        self.client.delete_item().table_name(&self.table).set_key(Some(key.into())).send().await?;
        Ok(())
    }

    async fn transact(&self, actions: Vec<TransactWriteItem>) -> Result<Outcome, Error> {
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(actions)).send().await
        else {
            return Ok(Outcome::Done);
        };
        let reasons = match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(it)) => it.cancellation_reasons(),
            _ => return Err(error.into()),
        };
        let has = |code| reasons.iter().any(|reason| reason.code() == Some(code));
        if has("ConditionalCheckFailed") {
            Ok(Outcome::MemberChanged)
        } else if has("TransactionConflict") {
            Ok(Outcome::Conflict)
        } else {
            Err(error.into())
        }
    }

    fn put(&self, token: &SessionToken, remember: bool, now: Timestamp) -> TransactWriteItem {
        let now = now.as_secs();
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(token.key().into()))
            .item("created_at", n(now))
            .item("last_seen_at", n(now))
            .item("remember", AttributeValue::Bool(remember))
            .item("expires_at", n(self.lifespans.of(remember).ends_at(now, now)));
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    fn delete(&self, token: &SessionToken) -> TransactWriteItem {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(token.key().into()));
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }
}

/// What became of the transaction that starts a session.
enum Outcome {
    Done,
    MemberChanged,
    Conflict,
}

async fn pause(attempt: u32) {
    let [share] = random();
    tokio::time::sleep(CONFLICT_PAUSE * 2_u32.pow(attempt) * u32::from(share) / 255).await;
}

fn key_of(item: &Item) -> Item {
    let is_key = |name: &str| matches!(name, "member_id" | "session");
    item.iter().filter(|(name, _)| is_key(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
