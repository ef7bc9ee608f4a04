//! The page and the example's site in Debian's Chromium: how a browser treats the cookies, the origins and
//! the limits.
//!
//! Needs `chromium` and `chromedriver` (Debian's packages `chromium` and `chromium-driver`), and `behind_proxy` needs
//! `nginx`, `caddy` and `haproxy`, so these tests run only on request:
//! `cargo test -p local --test browser -- --include-ignored`. `SCREENSHOTS=docs/screenshots` regenerates the
//! pictures there.

mod behind_proxy;
mod browser;
mod chromedriver;
mod cookies;
mod cross_site;
mod keyboard;
mod limits;
mod looks;
mod website;

use clap::Parser;
use local::{Options, Server};
use shared::config::Environment;

/// Starts the local server on any free port, with these variables and the fastest hashes that are allowed.
async fn start_with(variables: &[(&str, &str)]) -> Server {
    start_with_arguments(&[], variables).await
}

async fn start_with_arguments(arguments: &[&str], variables: &[(&str, &str)]) -> Server {
    let options = Options::parse_from(["local", "--port", "0"].iter().chain(arguments));
    let variables = [("BCRYPT_COST", "10")].iter().chain(variables);
    let environment: Environment =
        variables.map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    shared::gateway::audit::write_to(|line| eprintln!("{line}")); // shown only if a test fails
    Server::start(&options, &environment).await.unwrap()
}

async fn start() -> Server {
    start_with(&[]).await
}
