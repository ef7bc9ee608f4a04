//! How long a session lives.

use crate::config::{ConfigError, Environment};
use std::time::Duration;

/// How long sessions live, in seconds: `idle` since the last request that was noted, `lifetime` since login.
#[derive(Clone, Copy, Debug)]
pub struct Lifespan {
    idle: u64,
    lifetime: u64,
}

impl Lifespan {
    /// The longest time a session can be idle, in seconds.
    #[must_use]
    pub const fn idle(self) -> u64 {
        self.idle
    }

    /// The longest time a session can live, in seconds.
    #[must_use]
    pub const fn lifetime(self) -> u64 {
        self.lifetime
    }

    /// The second at which a session is over.
    #[must_use]
    pub fn ends_at(self, created_at: u64, last_seen_at: u64) -> u64 {
        last_seen_at.saturating_add(self.idle).min(created_at.saturating_add(self.lifetime))
    }

    /// How long a noted request stays fresh enough not to be noted again, in seconds. A session can end
    /// earlier than its idle time after the last request by so much, and never later.
    #[must_use]
    pub fn note_every(self) -> u64 {
        self.idle / 12
    }
}

/// The lifespans of the two kinds of session.
#[derive(Clone, Copy, Debug)]
pub struct Lifespans {
    plain: Lifespan,
    remembered: Lifespan,
}

impl Lifespans {
    /// From `SESSION_IDLE_SECONDS` (an hour), `SESSION_LIFETIME_SECONDS` (a day) and the two
    /// `REMEMBER_…` of the same names (30 days).
    ///
    /// # Errors
    /// When one is no number.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let seconds =
            |name, default| environment.duration(name, Duration::from_secs(default)).map(|it| it.as_secs());
        Ok(Self {
            plain: Lifespan {
                idle: seconds("SESSION_IDLE_SECONDS", 3600)?,
                lifetime: seconds("SESSION_LIFETIME_SECONDS", 86400)?,
            },
            remembered: Lifespan {
                idle: seconds("REMEMBER_IDLE_SECONDS", 2_592_000)?,
                lifetime: seconds("REMEMBER_LIFETIME_SECONDS", 2_592_000)?,
            },
        })
    }

    /// The lifespan of a session with or without `remember`.
    #[must_use]
    pub const fn of(self, remember: bool) -> Lifespan {
        if remember { self.remembered } else { self.plain }
    }
}
