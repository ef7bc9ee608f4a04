//! The operator's command line: members and their sessions, on AWS or on the local server.
//!
//! In reading order: the command line ([`Options`]), the tables that it names (a stack's, the environment's or the local
//! server's), the commands for single members, and the import: each line of a file is loaded, skipped or rejected, with
//! retries while the database throttles and a report of rejected lines.

mod check;
mod error;
pub mod import;
mod operator;
mod options;
mod restore;
mod tables;
mod terminal;
mod text;

pub use options::Options;

use check::Repairs;
use error::Error;
use import::Source;
use operator::Operator;
use options::Command;
use restore::Restore;
use shared::config::Environment;
use shared::members::RestoreRules;
use std::process::ExitCode;

/// Runs the command. Prints an error as one line on standard error.
pub async fn run(options: &Options) -> ExitCode {
    match carry_out(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(&options.target),
    }
}

async fn carry_out(options: &Options) -> Result<(), Error> {
    let tables = tables::Tables::open(&options.target, &Environment::from_env()).await?;
    let mut operator = Operator::new(&tables, options.json);
    match &options.command {
        Command::Add { email, password } => operator.add(email, password).await,
        Command::List => operator.list().await,
        Command::Find(name) => operator.find(&name.member).await,
        Command::SetEmail { name, email } => operator.set_email(&name.member, email).await,
        Command::Check { fix, claim } => operator.check(Repairs { fix: *fix, claim: *claim }).await,
        Command::Restore { from, dry_run, outdated, overwrite } => {
            let rules = RestoreRules { outdated: *outdated, overwrite: *overwrite };
            operator.restore(&Restore { from: from.clone(), rules, dry_run: *dry_run }).await
        }
        Command::SetPassword { name, password } => operator.set_password(&name.member, password).await,
        Command::Disable(name) => operator.disable(&name.member).await,
        Command::Enable(name) => operator.enable(&name.member).await,
        Command::Remove { name, yes } => operator.remove(&name.member, *yes).await,
        Command::Sessions(name) => operator.sessions(&name.member).await,
        Command::EndSessions(name) => operator.end_sessions(&name.member).await,
        Command::Import { file, separator, report, without_password } => {
            let source = Source { path: file, separator: *separator, without_password: *without_password };
            operator.import(source, report.as_deref()).await
        }
    }
}
