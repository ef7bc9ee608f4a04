//! The whole API on localhost, in one process. `cargo run` runs it.
//!
//! In reading order: the command line ([`Options`]), the database (embedded or elsewhere), the functions behind their
//! routes, the event for an HTTP request and the response of a function, the gateway's own checks, the files beside the
//! API, and the [`Server`] that connects them.

mod database;
mod error;
mod gateway;
mod greeting;
mod options;
mod pages;
mod server;

pub use error::Error;
pub use options::Options;
pub use server::Server;

use database::{Database, with_local_tables};
use options::DatabasePort;
use server::stop_signal::StopSignal;
use shared::config::Environment;
use std::io::Write;
use std::process::ExitCode;

/// Serves until Ctrl-C or SIGTERM. Prints an error as one line on standard error.
pub async fn run(options: &Options) -> ExitCode {
    match serve(options, &Environment::from_env()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", one_line(&error));
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: &Options, environment: &Environment) -> Result<(), Error> {
    if options.dynamodb_only {
        serve_database(options, environment).await
    } else {
        serve_api(options, environment).await
    }
}

async fn serve_api(options: &Options, environment: &Environment) -> Result<(), Error> {
    let server = Server::start(options, environment).await?;
    let stop = StopSignal::listen()?;
    print(&greeting::of_api(server.url(), server.database_endpoint(), server.certificate()));
    stop.received().await;
    server.stop().await;
    Ok(())
}

async fn serve_database(options: &Options, environment: &Environment) -> Result<(), Error> {
    let environment = with_local_tables(environment);
    let database = Database::open(options, DatabasePort::Exactly(options.port()), &environment).await?;
    let stop = StopSignal::listen()?;
    print(&greeting::of_database(database.endpoint()));
    stop.received().await;
    database.stop().await;
    Ok(())
}

/// The error as one line for a terminal. Control characters are escaped, because file names and database messages can
/// contain them.
pub fn one_line(error: &Error) -> String {
    let show = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    error.to_string().chars().map(show).collect()
}

/// Writes the whole greeting at once and ignores errors, because the server must keep running after `cargo run | head -1`.
fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
