//! How long a request may wait for `DynamoDB` altogether, over all its calls.

use crate::dynamodb::Fault;
use crate::error::Error;
use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The longest that a request waits; then it is answered with 503. Over the longest of one call (5 s), whose
/// own error says more, and so far under the functions' own 10 seconds that hashes have 4 of them.
const LONGEST_WAIT: Duration = Duration::from_millis(5500);

tokio::task_local! {
    static HASHING: Cell<Hashing>;
}

/// The time that is not counted.
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

/// What `work` gives, as long as it does not wait too long; then it is dropped where it stands. Nothing is
/// left half done by that: every write is one call, and of a session that a dropped login may still start,
/// nobody has the token.
///
/// # Errors
/// [`Error::Unavailable`] when the time is over, and those of `work`.
pub async fn limit<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    HASHING.scope(Cell::default(), limit_in_scope(work)).await
}

async fn limit_in_scope<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let begun = Instant::now();
    let mut work = pin!(work);
    loop {
        let deadline = begun + LONGEST_WAIT + HASHING.with(Cell::get).so_far();
        if deadline <= Instant::now() {
            return Err(Error::Unavailable(Fault::unexpected("the calls took too long together")));
        }
        // When it passes, the deadline may have moved on.
        if let Ok(outcome) = timeout_at(deadline, work.as_mut()).await {
            return outcome;
        }
    }
}

/// What `work` gives, off the clock: it waits for no one, and takes as long as the operator chose. One at a
/// time in a request.
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

    async fn wait(seconds: u32) -> Result<(), Error> {
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
        assert!(matches!(limit(calls).await, Err(Error::Unavailable(_))));
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
        assert!(matches!(limit(login(4)).await, Err(Error::Unavailable(_))));
        assert!(begun.elapsed() < 46 * SECOND, "{:?}", begun.elapsed());
        assert!(uncounted(wait(1)).await.is_ok(), "where nothing is counted");
    }
}
