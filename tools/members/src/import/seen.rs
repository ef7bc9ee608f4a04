//! The emails and member ids of earlier lines.

use crate::import::rows::{Content, Refusal, Row};
use sha2::{Digest, Sha256};
use shared::members::{Email, MemberId};
use std::collections::HashMap;

/// The line of each email and each member id so far. An email is stored as 16 bytes of its SHA-256 hash, to save
/// memory.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    emails: HashMap<[u8; 16], u64>,
    ids: HashMap<MemberId, u64>,
}

impl Seen {
    /// `content`, or a refusal if its email or member id is in an earlier line.
    pub(crate) fn check(&mut self, content: Content) -> Content {
        match content {
            Content::Member(row) => match self.note(&row) {
                Ok(()) => Content::Member(row),
                Err(refusal) => Content::Refused(refusal),
            },
            Content::Skipped | Content::Refused(_) => content,
        }
    }

    fn note(&mut self, row: &Row) -> Result<(), Refusal> {
        let email = digest(&row.email);
        if let Some(&line) = self.emails.get(&email) {
            return Err(Refusal::EmailTwice(line));
        }
        if let Some(&line) = row.id.and_then(|id| self.ids.get(&id)) {
            return Err(Refusal::IdTwice(line));
        }
        self.emails.insert(email, row.line);
        self.ids.extend(row.id.map(|id| (id, row.line)));
        Ok(())
    }
}

fn digest(email: &Email) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(email.as_str()).into();
    *digest.first_chunk().expect("32 bytes hold 16")
}
