//! How long a session lives.

use crate::config::{ConfigError, Environment};
use crate::timestamp::Timestamp;
use std::time::Duration;

/// The two timeouts of a session (OWASP, "Session Management Cheat Sheet").
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// The longest time without a request.
    pub idle: Duration,
    /// The longest time since the login.
    pub absolute: Duration,
}

impl Timeouts {
    /// When a session ends if it is not used again.
    pub fn ends_at(self, created_at: Timestamp, last_seen_at: Timestamp) -> Timestamp {
        (last_seen_at + self.idle).min(created_at + self.absolute)
    }

    /// The shortest time between two records of a session's use. Because of this interval, most requests write nothing.
    /// A session can therefore expire up to this much early, never late.
    pub fn record_interval(self) -> Duration {
        self.idle / 12
    }
}

/// The timeouts of sessions with and without `remember`.
#[derive(Clone, Copy, Debug)]
pub struct SessionTimeouts {
    plain: Timeouts,
    remembered: Timeouts,
}

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

impl SessionTimeouts {
    /// Reads `SESSION_IDLE_SECONDS` (default: an hour), `SESSION_LIFETIME_SECONDS` (a day), `REMEMBER_IDLE_SECONDS` and
    /// `REMEMBER_LIFETIME_SECONDS` (30 days).
    ///
    /// # Errors
    /// When a value is not 1 second to 10 years.
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            plain: Timeouts {
                idle: environment.duration("SESSION_IDLE_SECONDS", HOUR)?,
                absolute: environment.duration("SESSION_LIFETIME_SECONDS", DAY)?,
            },
            remembered: Timeouts {
                idle: environment.duration("REMEMBER_IDLE_SECONDS", 30 * DAY)?,
                absolute: environment.duration("REMEMBER_LIFETIME_SECONDS", 30 * DAY)?,
            },
        })
    }

    /// The timeouts of a session with or without `remember`.
    pub const fn of(self, remember: bool) -> Timeouts {
        if remember { self.remembered } else { self.plain }
    }
}
