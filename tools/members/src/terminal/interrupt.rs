//! A Ctrl-C that ends a long command cleanly.

use crate::error::Error;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use std::io;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// Completes at the first Ctrl-C, for everything that waits for it.
pub(crate) type Interrupt = Shared<BoxFuture<'static, ()>>;

/// Listens from this call on.
pub(crate) fn listen() -> Result<Interrupt, Error> {
    let mut interrupts = interrupts().map_err(Error::Signals)?;
    let first = async move {
        interrupts.recv().await;
    };
    Ok(first.boxed().shared())
}

#[cfg(unix)]
fn interrupts() -> io::Result<Signal> {
    signal(SignalKind::interrupt())
}

#[cfg(windows)]
fn interrupts() -> io::Result<CtrlC> {
    ctrl_c()
}
