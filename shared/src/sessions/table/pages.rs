//! Listing a member's sessions page by page, and ending one of them.

use super::{Sessions, session_key};
use crate::members::MemberId;
use crate::sessions::{Session, SessionHash};
use crate::store::{Item, StoreError, bytes};
use crate::timestamp::Timestamp;
use aws_sdk_dynamodb::types::ReturnValue;

/// A page of a member's live sessions.
#[derive(Clone, Debug)]
pub struct SessionPage {
    /// The sessions, in the order of their hashes.
    pub sessions: Vec<Session>,
    /// The session after which the next page begins; `None` at the end. A page may have fewer sessions than requested,
    /// or none, even if another page follows: ended sessions are skipped.
    pub next: Option<SessionHash>,
}

impl Sessions {
    /// At most `limit` of the member's live sessions, starting after `after`. Reads at most one page of the table (1
    /// MB). Otherwise, ended sessions that TTL has not deleted yet could make the call costly.
    pub async fn page(
        &self,
        member: MemberId,
        after: Option<SessionHash>,
        limit: usize,
        now: Timestamp,
    ) -> Result<SessionPage, StoreError> {
        let query = self.query_live(member, now).await?;
        let start = after.map(|hash| Item::from(session_key(member, hash)));
        let read = query.set_exclusive_start_key(start).send().await?;
        let live = read.items().iter().filter_map(|item| Session::from_item(item, now).ok());
        let mut sessions: Vec<_> = live.take(limit + 1).collect();
        if sessions.len() > limit {
            sessions.truncate(limit);
            let next = sessions.last().map(|session| session.hash);
            return Ok(SessionPage { sessions, next });
        }
        let last_read = read.last_evaluated_key().and_then(|key| bytes(key, "session"));
        Ok(SessionPage { sessions, next: last_read.map(SessionHash) })
    }

    /// Ends one session of the member. Returns whether the session existed.
    pub async fn end_one(&self, member: MemberId, session: SessionHash) -> Result<bool, StoreError> {
        let delete = self.dynamodb.delete_item().table_name(&self.table).return_values(ReturnValue::AllOld);
        let deleted = delete.set_key(Some(session_key(member, session).into())).send().await?;
        Ok(deleted.attributes.is_some())
    }
}
