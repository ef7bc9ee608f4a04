//! Members: who may log in, in the `Members` table.

use crate::dynamodb::{self, Item, Unreadable, if_condition_held, n, s};
use crate::email::Email;
use crate::error::Error;
use crate::password::PasswordHash;
use crate::session::Sessions;
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, ReturnValue, TransactWriteItem};

/// A member's number: 1, 2, 3 …, never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct MemberId(u64);

impl MemberId {
    /// The member of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A member as read from the table.
#[derive(Clone, Debug)]
pub struct Member {
    email: Email,
    id: MemberId,
    generation: u64,
    disabled: bool,
    password_hash: Option<PasswordHash>,
}

impl Member {
    /// The member's number.
    #[must_use]
    pub const fn id(&self) -> MemberId {
        self.id
    }

    /// Whether the member may not log in.
    #[must_use]
    pub const fn is_disabled(&self) -> bool {
        self.disabled
    }

    /// The hash that a password must match; `None` where nothing can: the member is disabled, or has no
    /// hash, or one that cannot be read.
    #[must_use]
    pub fn password_hash(&self) -> Option<&PasswordHash> {
        self.password_hash.as_ref().filter(|_| !self.disabled)
    }

    fn from_item(email: Email, item: &Item) -> Result<Self, Unreadable> {
        let unreadable = |attribute| Unreadable { table: "Members", attribute };
        let number = |name| dynamodb::number(item, name).ok_or(unreadable(name));
        let is_enabled = !item.contains_key("disabled");
        let disabled = if is_enabled { Some(false) } else { dynamodb::flag(item, "disabled") };
        Ok(Self {
            email,
            id: MemberId(number("member_id")?),
            generation: number("generation")?,
            disabled: disabled.ok_or(unreadable("disabled"))?,
            password_hash: dynamodb::text(item, "password_hash").and_then(|hash| hash.parse().ok()),
        })
    }
}

/// The `Members` table: partition key `email`.
#[derive(Debug)]
pub struct Members {
    client: Client,
    table: String,
}

/// The item that counts the member ids given so far. No email is in upper case, so it is nobody's.
const COUNTER: &str = "MEMBER_IDS";

/// That a member is there; its item holds more than the counter's.
const IS_MEMBER: &str = "attribute_exists(member_id)";

impl Members {
    /// The members in `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
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
        let id = self.next_id().await?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("email", s(email.as_str()))
            .item("member_id", n(id.0))
            .item("password_hash", s(hash.as_str()))
            .item("generation", n(1))
            .item("disabled", AttributeValue::Bool(false))
            .item("created_at", n(now.as_secs()))
            .condition_expression("attribute_not_exists(email)");
        Ok(if_condition_held(put.send().await)?.map(|_| id))
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
            .expression_attribute_values(":generation", n(member.generation));
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
            .key("email", s(member.email.as_str()))
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
            .key("email", s(member.email.as_str()))
            .condition_expression(
                "member_id = :id AND generation = :generation \
                 AND (attribute_not_exists(disabled) OR disabled = :false)",
            )
            .expression_attribute_values(":id", n(member.id.0))
            .expression_attribute_values(":generation", n(member.generation))
            .expression_attribute_values(":false", AttributeValue::Bool(false));
        let check = check.build().expect("table, key and condition are set");
        TransactWriteItem::builder().condition_check(check).build()
    }

    async fn next_id(&self) -> Result<MemberId, Error> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("email", s(COUNTER))
            .update_expression("ADD given :one")
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::UpdatedNew);
        let counter = update.send().await?.attributes.unwrap_or_default();
        dynamodb::number(&counter, "given").map(MemberId).ok_or(Error::Internal)
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
        sessions.end_all(member.id).await?;
        Ok(Some(member))
    }
}
