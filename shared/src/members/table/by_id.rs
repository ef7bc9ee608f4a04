//! Looking up members by id.

use super::Members;
use crate::members::{Email, Member, MemberId};
use crate::store::{self, StoreError, get_together, n, s};
use aws_sdk_dynamodb::types::{Get, TransactGetItem};
use backon::{ExponentialBuilder, Retryable};
use std::time::Duration;
use tokio::time::sleep;

/// The index on `member_id` in the template. It holds only keys.
const INDEX: &str = "by_number";

/// The pauses before the second and the third lookup in the index, which usually lags by some milliseconds: 50 ms and
/// 150 ms.
const BACKOFF: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(50)).with_factor(3.0).with_max_times(2);

/// Why a lookup in the index found no member.
enum NotFound {
    /// The index does not have the id, perhaps not yet.
    Unknown,
    /// The index names only emails that the member does not have any more.
    Outdated,
    Failed(StoreError),
}

impl From<StoreError> for NotFound {
    fn from(cause: StoreError) -> Self {
        Self::Failed(cause)
    }
}

impl Members {
    /// The member with this id. The index names the email. The member is then read from the table, so that the result
    /// is current. A member who was just added, or who just got another email, may not be in the index yet.
    ///
    /// # Errors
    /// When a call fails, when the index names only emails that the member does not have any more (transient), and when
    /// two members have the id ([`StoreError::is_inconsistent`]).
    pub async fn get_by_id(&self, id: MemberId) -> Result<Option<Member>, StoreError> {
        let look = || self.look_up_id(id);
        match look.retry(BACKOFF).sleep(sleep).when(|it| !matches!(it, NotFound::Failed(_))).await {
            Ok(member) => Ok(Some(member)),
            Err(NotFound::Unknown) => Ok(None),
            Err(NotFound::Outdated) => Err(StoreError::transient("the index of member ids lags behind")),
            Err(NotFound::Failed(cause)) => Err(cause),
        }
    }

    /// Reads the items in one transaction. During an email change, separate reads could find the member under both
    /// emails.
    async fn look_up_id(&self, id: MemberId) -> Result<Member, NotFound> {
        let emails = self.emails_of(id).await?;
        if emails.is_empty() {
            return Err(NotFound::Unknown);
        }
        let items = get_together(&self.dynamodb, emails.iter().map(|email| self.get_action(email))).await?;
        let members = items.iter().filter_map(Member::from_own_item).filter(|it| it.id() == id);
        match &members.collect::<Vec<_>>()[..] {
            [] => Err(NotFound::Outdated),
            [member] => Ok(member.clone()),
            [_, _, ..] => Err(two_members(id).into()),
        }
    }

    /// The emails that the index has for this id.
    pub async fn emails_of(&self, id: MemberId) -> Result<Vec<Email>, StoreError> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression("member_id = :id")
            .expression_attribute_values(":id", n(id.get()))
            .limit(MOST_EMAILS);
        let items = query.send().await?.items.unwrap_or_default();
        Ok(items.iter().filter_map(|item| store::text(item, "email")).map(Email::from_key).collect())
    }

    fn get_action(&self, email: &Email) -> TransactGetItem {
        let get = Get::builder().table_name(&self.table).key("email", s(email.as_str()));
        TransactGetItem::builder().get(get.build().expect("table and key are set")).build()
    }
}

/// The most items that `TransactGetItems` reads.
const MOST_EMAILS: i32 = 100;

fn two_members(id: MemberId) -> StoreError {
    StoreError::inconsistent(&format!("two members have the member id {}: see `members check`", id.get()))
}
