//! Errors that end a command.

use crate::options::Target;
use crate::text::{for_terminal, lines};
use shared::config::ConfigError;
use shared::members::RefusedPassword;
use shared::store::StoreError;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why a command failed, and what the operator can do. The message is one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "{0}: name a stack with --stack, use the local server with --local, or set MEMBERS_TABLE, SESSIONS_TABLE and EPOCHS_TABLE"
    )]
    NoTable(ConfigError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("cannot read the stack {name}: {fault}: check its name, the region and the credentials")]
    Stack { name: String, fault: StoreError },
    #[error("the stack {name} has no output {output}: name a stack of this project's template.yaml")]
    StackOutput { name: String, output: &'static str },
    #[error("{0}")]
    Unavailable(#[from] StoreError),
    #[error("a member has this email already: choose another, or use set-password")]
    EmailTaken,
    #[error("{0}")]
    Problems(String),
    #[error("no member has this email or member id: `members list` shows all members")]
    NoSuchMember,
    #[error("the password {0}")]
    Password(&'static str),
    #[error("the password {0}{advice}", advice = advice_on(.0))]
    WeakPassword(#[from] RefusedPassword),
    #[error("there is no terminal to ask for the password on: use --password-stdin")]
    NoTerminal,
    #[error("there is no terminal to ask for confirmation on: use --yes")]
    NotSure,
    #[error("nothing was removed, because it was not confirmed")]
    NotConfirmed,
    #[error("cannot read from the terminal or standard input: {0}")]
    Input(io::Error),
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("cannot read {}: it must be a file, because it is read more than once", .0.display())]
    NoFile(PathBuf),
    #[error("cannot write the report {}: it is a link, or not a regular file: choose another with --report", .0.display())]
    ReportIsNoFile(PathBuf),
    #[error("cannot write the report {}: {source}", path.display())]
    Report { path: PathBuf, source: io::Error },
    #[error("the report {} would overwrite the file to import: choose another with --report", .0.display())]
    ReportIsInput(PathBuf),
    #[error("cannot load {}: {} says why; correct the file{} and run the command again", lines(*rejected), report.display(), without_password(*foreign_hashes))]
    Rejected { rejected: u64, foreign_hashes: u64, report: PathBuf },
    #[error("interrupted: run the command again to continue")]
    Interrupted,
}

/// The exit code that a shell expects after a Ctrl-C: 128 plus the signal's number.
const INTERRUPTED: u8 = 130;

impl Error {
    /// Prints one line to standard error and returns the exit code.
    pub(crate) fn report(&self, target: &Target) -> ExitCode {
        match self {
            // The reader closed the output, as in `members list | head`.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Unavailable(fault) if !fault.is_inconsistent() => {
                eprintln!("error: {}: {}", one_line(fault), advice(fault, target));
            }
            error => eprintln!("error: {}", one_line(error)),
        }
        ExitCode::from(if matches!(self, Self::Interrupted) { INTERRUPTED } else { 1 })
    }
}

/// The advice for lines whose hash is missing or is not bcrypt.
fn without_password(foreign_hashes: u64) -> String {
    match foreign_hashes {
        0 => String::new(),
        _ => format!(", or add --without-password to load {foreign_hashes} of them without a password,"),
    }
}

/// The advice for a refused password.
fn advice_on(refusal: &RefusedPassword) -> String {
    match refusal {
        RefusedPassword::Guessable(feedback) => {
            let advice = feedback.warning.iter().chain(&feedback.suggestions);
            let advice: String = advice.flat_map(|it| [" ", it.as_str()]).collect();
            format!(".{advice} Choose another, or use --allow-weak")
        }
        RefusedPassword::TooShort(_) | RefusedPassword::Untrimmed | RefusedPassword::Decomposed => {
            ": choose another, or use --allow-weak".to_owned()
        }
        RefusedPassword::Empty | RefusedPassword::TooLong | RefusedPassword::Nul => String::new(),
    }
}

/// The advice for an unusable database.
fn advice(fault: &StoreError, target: &Target) -> String {
    match &target.local {
        Some(url) if has_responded(fault) => format!(
            "the database at {url} runs, but has no such tables for these credentials and this region: set \
             AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION to the local server's values, or unset them for both"
        ),
        Some(url) => format!(
            "start the local server with `cargo run`, or if {url} is not its database, use --local=URL"
        ),
        None => {
            "check the tables' names, the region and the credentials, and run the command again".to_owned()
        }
    }
}

/// Whether the database responded that it has no such table or does not know the credentials. `DynamoDB` Local
/// keeps separate tables for each access key and region, unless it runs with `-sharedDb`.
fn has_responded(fault: &StoreError) -> bool {
    matches!(fault.code(), Some("ResourceNotFoundException" | "UnrecognizedClientException"))
}

fn one_line(text: &impl ToString) -> String {
    for_terminal(&text.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
}
