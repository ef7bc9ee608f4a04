//! Members by their numbers.

use super::Members;
use crate::members::{Email, Member, MemberId};
use crate::store::{self, StoreError, n};
use std::time::Duration;
use tokio::time::sleep;

/// The index on `member_id` in the template. It holds only keys.
const INDEX: &str = "by_number";

/// The pauses before the second and the third look into the index, which usually lags by some milliseconds.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(150)];

impl Members {
    /// The member with this number. The index names the email, and the member is then read from the table, so that what
    /// is returned is current. A member who was added or got another email just now may not be in the index yet.
    ///
    /// # Errors
    /// When a call fails, and when the index names only emails that the member does not have any more (transient).
    pub async fn get_by_id(&self, id: MemberId) -> Result<Option<Member>, StoreError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let emails = self.emails_of(id).await?;
            for email in &emails {
                if let Some(member) = self.get(email).await?.filter(|member| member.id() == id) {
                    return Ok(Some(member));
                }
            }
            match pauses.next() {
                Some(pause) => sleep(pause).await,
                None if emails.is_empty() => return Ok(None),
                None => return Err(StoreError::transient("the index of members' numbers lags behind")),
            }
        }
    }

    async fn emails_of(&self, id: MemberId) -> Result<Vec<Email>, StoreError> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression("member_id = :id")
            .expression_attribute_values(":id", n(id.get()));
        let items = query.send().await?.items.unwrap_or_default();
        Ok(items.iter().filter_map(|item| store::text(item, "email")).map(Email::from_key).collect())
    }
}
