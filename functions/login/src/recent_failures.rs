//! The accounts whose last login on this instance failed: a hint for the log, and nothing else.

use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// How many accounts an instance remembers.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// Remembers failures until the next success.
#[derive(Debug)]
pub(crate) struct RecentFailures(Mutex<LruCache<String, ()>>);

impl RecentFailures {
    /// Notes that a login to `account` failed.
    pub(crate) fn add(&self, account: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(account, ());
    }

    /// Forgets `account`; whether its last login had failed.
    pub(crate) fn remove(&self, account: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop(account).is_some()
    }
}

impl Default for RecentFailures {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}
