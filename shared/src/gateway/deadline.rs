//! How long a request may wait for all its `DynamoDB` calls together.

use crate::store::StoreError;
use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The longest wait of a request; then the answer is 503. Longer than one call's timeout (5 s), so that the call's own,
/// more precise error is reported. Short enough that hashes get 4 of the functions' own 10 seconds.
const LONGEST_WAIT: Duration = Duration::from_millis(5500);

tokio::task_local! {
    static HASHING: Cell<Hashing>;
}

/// The time that does not count as waiting.
#[derive(Clone, Copy, Default)]
struct Hashing {
    done: Duration,
    since: Option<Instant>,
}

impl Hashing {
    fn so_far(self) -> Duration {
        self.done + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Runs `work`, and drops it when it has waited too long. A dropped request leaves nothing half done, because every
/// write is one call. If a dropped login still starts a session, nobody has the token of that session.
///
/// # Errors
/// A transient [`StoreError`] when the time is over, and the errors of `work`.
pub async fn limit<T, E: From<StoreError>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    within(LONGEST_WAIT, work).await
}

/// As [`limit`], with another longest wait.
///
/// # Errors
/// As [`limit`].
pub async fn within<T, E: From<StoreError>>(
    longest_wait: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    HASHING.scope(Cell::default(), within_in_scope(longest_wait, work)).await
}

async fn within_in_scope<T, E: From<StoreError>>(
    longest_wait: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let begun = Instant::now();
    let mut work = pin!(work);
    loop {
        let deadline = begun + longest_wait + HASHING.with(Cell::get).so_far();
        if deadline <= Instant::now() {
            return Err(StoreError::transient("the calls took too long together").into());
        }
        // When it passes, the deadline may have moved on.
        if let Ok(outcome) = timeout_at(deadline, work.as_mut()).await {
            return outcome;
        }
    }
}

/// Runs `work` without counting its time: hashing waits for nobody and takes as long as the operator chose. A request
/// can do this once at a time.
pub async fn uncounted<T>(work: impl Future<Output = T>) -> T {
    let note = |since, done| {
        let _ = HASHING.try_with(|it| it.set(Hashing { done: it.get().done + done, since })); // no request
    };
    let begun = Instant::now();
    note(Some(begun), Duration::ZERO);
    let outcome = work.await;
    note(None, begun.elapsed());
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    const SECOND: Duration = Duration::from_secs(1);

    async fn wait(seconds: u32) -> Result<(), StoreError> {
        sleep(SECOND * seconds).await;
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_take_too_long_together_are_no_longer_waited_for() {
        let begun = Instant::now();
        let calls = async {
            wait(3).await?;
            wait(3).await
        };
        assert!(limit(calls).await.unwrap_err().is_transient());
        assert!(begun.elapsed() < 6 * SECOND, "{:?}", begun.elapsed());
        assert!(limit(wait(5)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn hashing_is_not_counted_however_long_it_takes() {
        let login = |last| async move {
            wait(2).await?;
            uncounted(wait(20)).await?;
            wait(2).await?;
            uncounted(wait(20)).await?;
            wait(last).await
        };
        assert!(limit(login(1)).await.is_ok());
        let begun = Instant::now();
        assert!(limit(login(4)).await.unwrap_err().is_transient());
        assert!(begun.elapsed() < 46 * SECOND, "{:?}", begun.elapsed());
        assert!(uncounted(wait(1)).await.is_ok(), "where nothing is counted");
    }
}
