//! How long a request may wait for all its `DynamoDB` calls together.

use crate::store::StoreError;
use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The longest wait of a request. After this time, the response is 503. The limit is longer than one call's timeout (5
/// s), so that the call's own, more precise error is reported. The limit also leaves more than 4 of the function's 10
/// seconds for hashing.
const LONGEST_WAIT: Duration = Duration::from_millis(5500);

tokio::task_local! {
    static HASHING: Cell<Hashing>;
}

/// The time spent on hashing, which does not count as waiting.
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

/// Runs `work`, and drops `work` if it waits too long. A dropped request leaves nothing half done, because every write
/// is one call. If a dropped login still starts a session, no client has that session's token.
///
/// # Errors
/// A transient [`StoreError`] when the time is up, and the errors of `work`.
pub async fn limit<T, E: From<StoreError>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    within(LONGEST_WAIT, work).await
}

/// Like [`limit`], with a different longest wait.
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
        // A timeout is not final: hashing may have moved the deadline in the meantime.
        if let Ok(outcome) = timeout_at(deadline, work.as_mut()).await {
            return outcome;
        }
    }
}

/// Runs `work` without counting its time. Use this for hashing, which does not wait for `DynamoDB` and has a configured
/// cost. A request may run only one such `work` at a time.
pub async fn uncounted<T>(work: impl Future<Output = T>) -> T {
    let note = |since, done| {
        let _ = HASHING.try_with(|it| it.set(Hashing { done: it.get().done + done, since })); // fails outside a request
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
    async fn calls_that_together_exceed_the_longest_wait_fail() {
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
    async fn hashing_time_is_not_counted() {
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
        assert!(uncounted(wait(1)).await.is_ok(), "outside a request");
    }
}
