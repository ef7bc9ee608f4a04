//! The `Members` table.

use crate::dynamodb::{self, Unreadable, if_condition_held, n, s};
use crate::email::Email;
use crate::error::Error;
use crate::member::{Member, MemberId};
use crate::member_ids::{KeptId, MemberIds};
use crate::password::PasswordHash;
use crate::sessions::Sessions;
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, ReturnValue, TransactWriteItem};
use futures_util::{Stream, TryStreamExt, future, stream};

/// The `Members` table: partition key `email`.
#[derive(Debug)]
pub struct Members {
    client: Client,
    table: String,
}

/// That a member is there; the items of [`MemberIds`] in the same table have no such attribute.
const IS_MEMBER: &str = "attribute_exists(member_id)";

/// That the key is nobody's yet.
pub(crate) const IS_FREE: &str = "attribute_not_exists(email)";

impl Members {
    /// The members in `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The numbers of the members in this table.
    #[must_use]
    pub fn ids(&self) -> MemberIds<'_> {
        MemberIds::new(&self.client, &self.table)
    }

    /// All members, in no order, a page of the table at a time. An item that no login would find or could
    /// use is left out.
    pub fn list(&self) -> impl Stream<Item = Result<Member, Error>> + use<> {
        let scan = self.client.scan().table_name(&self.table).consistent_read(true);
        let items = scan.filter_expression(IS_MEMBER).into_paginator().items().send();
        let items = stream::unfold(items, async |mut items| Some((items.next().await?, items)));
        items.map_err(Error::from).try_filter_map(|item| {
            let email = dynamodb::text(&item, "email").and_then(|text| Email::parse(text).ok());
            future::ok(email.and_then(|email| Member::from_item(email, &item).ok()))
        })
    }

    /// The member of `email`; one whose item cannot be used is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find(&self, email: &Email) -> Result<Option<Member>, Error> {
        Ok(self.read(email).await?.and_then(Result::ok))
    }

    /// The member of `email`, or why the item there cannot be used.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn read(&self, email: &Email) -> Result<Option<Result<Member, Unreadable>>, Error> {
        let get = self.client.get_item().table_name(&self.table).key("email", s(email.as_str()));
        let item = get.consistent_read(true).send().await?.item;
        Ok(item.map(|item| Member::from_item(email.clone(), &item)))
    }

    /// Adds a member under the next number; `None` when the email has one already. A number that was
    /// drawn for nothing is not given again.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn add(
        &self,
        email: &Email,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<MemberId>, Error> {
        if self.find(email).await?.is_some() {
            return Ok(None);
        }
        let id = self.ids().next().await?;
        Ok(self.add_numbered(email, hash, id, now).await?.then_some(id))
    }

    /// Adds a member under a number that was drawn from [`MemberIds::next`] for it. Returns whether the
    /// email had no member yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn add_numbered(
        &self,
        email: &Email,
        hash: &PasswordHash,
        id: MemberId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(Member::new_item(email, hash, id, now)))
            .condition_expression(IS_FREE);
        Ok(if_condition_held(put.send().await)?.is_some())
    }

    /// Adds a member who keeps a number from elsewhere, and takes that number for good; both or neither.
    /// Returns whether the email and the number were free.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn add_keeping(
        &self,
        email: &Email,
        hash: &PasswordHash,
        id: KeptId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(Member::new_item(email, hash, id.get(), now)))
            .condition_expression(IS_FREE);
        self.ids().take(id, put.build().expect("table and item are set")).await
    }

    /// Sets the password and ends the member's sessions, in the order that lets no session of the old
    /// password begin in between. Returns whether there is such a member.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; the password may be set by then, and the call can be made again.
    pub async fn set_password(
        &self,
        email: &Email,
        hash: &PasswordHash,
        sessions: &Sessions,
    ) -> Result<bool, Error> {
        let update = self
            .update(email)
            .update_expression("SET password_hash = :hash ADD generation :one")
            .expression_attribute_values(":hash", s(hash.as_str()));
        self.change_and_end_sessions(email, update, sessions).await.map(|member| member.is_some())
    }

    /// Ends the member's sessions, and with the generation those too that a login under way would start:
    /// that one is refused, and can be tried again. Returns whether there is such a member.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; some sessions may be over by then, and the call can be made again.
    pub async fn end_sessions(&self, email: &Email, sessions: &Sessions) -> Result<bool, Error> {
        let update = self.update(email).update_expression("ADD generation :one");
        self.change_and_end_sessions(email, update, sessions).await.map(|member| member.is_some())
    }

    /// Disables the member and ends the member's sessions. Returns whether there is such a member.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; the member may be disabled by then, and the call can be made again.
    pub async fn disable(&self, email: &Email, sessions: &Sessions) -> Result<bool, Error> {
        let update = self.set_disabled(email, true);
        self.change_and_end_sessions(email, update, sessions).await.map(|member| member.is_some())
    }

    /// Lets a disabled member log in again. Returns whether there is such a member.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn enable(&self, email: &Email) -> Result<bool, Error> {
        let update = self.set_disabled(email, false).send().await;
        Ok(if_condition_held(update)?.is_some())
    }

    /// Removes the member, after disabling it: so no session outlives it, and a removal that stopped
    /// halfway can be made again. Returns whether there was such a member.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; the member may be disabled by then.
    pub async fn remove(&self, email: &Email, sessions: &Sessions) -> Result<bool, Error> {
        let disable = self.set_disabled(email, true);
        let Some(member) = self.change_and_end_sessions(email, disable, sessions).await? else {
            return Ok(false);
        };
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("email", s(email.as_str()))
            .condition_expression("generation = :generation")
            .expression_attribute_values(":generation", n(member.generation()));
        delete.send().await?;
        Ok(true)
    }

    /// Replaces the hash that was verified by one of the present cost. A password set meanwhile stays.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn renew_hash(
        &self,
        member: &Member,
        verified: &PasswordHash,
        renewed: &PasswordHash,
    ) -> Result<bool, Error> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("email", s(member.email().as_str()))
            .update_expression("SET password_hash = :renewed")
            .condition_expression("password_hash = :verified")
            .expression_attribute_values(":renewed", s(renewed.as_str()))
            .expression_attribute_values(":verified", s(verified.as_str()));
        Ok(if_condition_held(update.send().await)?.is_some())
    }

    /// The condition that `member` is still the one that was read: for the transaction that starts a
    /// session. It leaves the hash out, for its renewal must not fail another login.
    #[must_use]
    pub fn unchanged(&self, member: &Member) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .key("email", s(member.email().as_str()))
            .condition_expression(
                "member_id = :id AND generation = :generation \
                 AND (attribute_not_exists(disabled) OR disabled = :false)",
            )
            .expression_attribute_values(":id", n(member.id().get()))
            .expression_attribute_values(":generation", n(member.generation()))
            .expression_attribute_values(":false", AttributeValue::Bool(false));
        let check = check.build().expect("table, key and condition are set");
        TransactWriteItem::builder().condition_check(check).build()
    }

    fn set_disabled(&self, email: &Email, disabled: bool) -> UpdateItemFluentBuilder {
        self.update(email)
            .update_expression("SET disabled = :disabled ADD generation :one")
            .expression_attribute_values(":disabled", AttributeValue::Bool(disabled))
    }

    /// An update of one member that raises the generation; the expression is the caller's.
    fn update(&self, email: &Email) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("email", s(email.as_str()))
            .condition_expression(IS_MEMBER)
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
    }

    /// Ends the sessions of the member that was changed, and returns it; `None` where there is none.
    async fn change_and_end_sessions(
        &self,
        email: &Email,
        update: UpdateItemFluentBuilder,
        sessions: &Sessions,
    ) -> Result<Option<Member>, Error> {
        let Some(updated) = if_condition_held(update.send().await)? else { return Ok(None) };
        let item = updated.attributes.unwrap_or_default();
        let member = Member::from_item(email.clone(), &item).map_err(|_| Error::Internal)?;
        sessions.end_all(member.id()).await?;
        Ok(Some(member))
    }
}
