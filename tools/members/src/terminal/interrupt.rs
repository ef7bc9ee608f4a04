//! A Ctrl-C that ends a long command cleanly.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};

/// Completes at the first Ctrl-C, for everything that waits for it.
pub(crate) type Interrupt = Shared<BoxFuture<'static, ()>>;

/// Listens from the first poll on. Until then, a Ctrl-C ends the program.
pub(crate) fn listen() -> Interrupt {
    let first = async { tokio::signal::ctrl_c().await.expect("a program can handle Ctrl-C") };
    first.boxed().shared()
}
