//! A Ctrl-C that ends a long command cleanly.

use crate::error::Error;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::signal::unix::{SignalKind, signal};

/// Completes at the first Ctrl-C, for everything that waits for it.
pub(crate) type Interrupt = Shared<BoxFuture<'static, ()>>;

/// Listens from this call on.
pub(crate) fn listen() -> Result<Interrupt, Error> {
    let mut interrupts = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
    let first = async move {
        interrupts.recv().await;
    };
    Ok(first.boxed().shared())
}
