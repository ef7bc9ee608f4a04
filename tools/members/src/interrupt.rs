//! A Ctrl-C that ends a long command cleanly.

use crate::error::Error;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::signal::unix::{SignalKind, signal};

/// Completes at the first Ctrl-C, for all who wait.
pub(crate) type Interrupt = Shared<BoxFuture<'static, ()>>;

/// Listens from now on.
pub(crate) fn listen() -> Result<Interrupt, Error> {
    let mut interrupts = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
    let first = async move {
        interrupts.recv().await;
    };
    Ok(first.boxed().shared())
}
