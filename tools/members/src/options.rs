//! The command line.

use crate::member_name;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use shared::members::{Email, MemberKey};
use std::ffi::OsString;
use std::path::PathBuf;

/// What to do, and in which tables.
#[derive(Debug, Parser)]
#[command(
    name = "members",
    about = "Members and their sessions: who may log in, and who is logged in.",
    after_help = "Without --stack and --local the tables are those that MEMBERS_TABLE and SESSIONS_TABLE name, with \
                  the\nregion and the credentials of the environment. New hashes are of the cost BCRYPT_COST \
                  [default: 12, or\nthe stack's]."
)]
pub struct Options {
    #[command(flatten)]
    pub(crate) place: Place,

    #[arg(long, global = true, help = "Print JSON: one object, or one a line for lists")]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Options {
    /// From the arguments of the process, which ends here if they cannot be meant.
    #[must_use]
    pub fn from_env() -> Self {
        Self::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let options = Self::try_parse_from(arguments)?;
        // Clap sees a conflict only between options on one side of the command.
        if options.place.stack.is_some() && options.place.local.is_some() {
            let message = "the argument '--stack <NAME>' cannot be used with '--local[=<URL>]'";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        }
        Ok(options)
    }
}

/// Where the tables are; the environment says so where neither is given.
#[derive(Debug, Args)]
pub(crate) struct Place {
    #[arg(long, value_name = "NAME", global = true, help = "The tables of this CloudFormation stack")]
    pub(crate) stack: Option<String>,

    #[arg(
        long,
        value_name = "URL",
        global = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "http://127.0.0.1:8000",
        value_parser = plain_http,
        help = "The tables of the local server (`cargo run`), whose database is at http://127.0.0.1:8000 or URL"
    )]
    pub(crate) local: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(about = "Add a member, and ask for the password")]
    Add {
        #[arg(value_parser = Email::for_member)]
        email: Email,
        #[command(flatten)]
        password: PasswordSource,
    },
    #[command(about = "List all members")]
    List,
    #[command(about = "Show one member")]
    Find {
        #[arg(value_name = "EMAIL|ID", value_parser = member_name::parse)]
        member: MemberKey,
    },
    #[command(about = "Give a member another email; the member id and the sessions stay")]
    SetEmail {
        #[arg(value_name = "EMAIL|ID", value_parser = member_name::parse)]
        member: MemberKey,
        #[arg(value_name = "NEW EMAIL", value_parser = Email::for_member)]
        email: Email,
    },
    #[command(
        about = "List members with an email that no login finds, because of its spelling or because it is no address"
    )]
    Check {
        #[arg(long, help = "Give those members the usual spelling who can have it")]
        fix: bool,
    },
    #[command(about = "Set a member's password, and end all sessions of the member")]
    SetPassword {
        #[arg(value_parser = Email::parse)]
        email: Email,
        #[command(flatten)]
        password: PasswordSource,
    },
    #[command(about = "Let a member log in no more, and end all sessions of the member")]
    Disable {
        #[arg(value_parser = Email::parse)]
        email: Email,
    },
    #[command(about = "Let a disabled member log in again")]
    Enable {
        #[arg(value_parser = Email::parse)]
        email: Email,
    },
    #[command(about = "Remove a member and end all sessions of the member; the member id is not given again")]
    Remove {
        #[arg(value_parser = Email::parse)]
        email: Email,
        #[arg(long, help = "Do not ask")]
        yes: bool,
    },
    #[command(about = "List a member's sessions")]
    Sessions {
        #[arg(value_parser = Email::parse)]
        email: Email,
    },
    #[command(about = "End all sessions of a member, who may log in again")]
    EndSessions {
        #[arg(value_parser = Email::parse)]
        email: Email,
    },
    #[command(
        about = "Move members in from another application",
        long_about = "Move members in from another application.\n\n\
                      Each line of the file is an email, a bcrypt hash ($2a$, $2b$ or $2y$) and, if it is to be \
                      kept, a\nmember id. A first line that begins with `email` is a heading. What is there \
                      already is not changed, so\nthe same command goes on where it was interrupted. Lines that \
                      cannot be loaded are listed in the report."
    )]
    Import {
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        #[arg(
            long,
            value_name = "FILE",
            help = "Where to list the lines that are refused [default: FILE.rejected.csv]"
        )]
        report: Option<PathBuf>,
    },
}

/// Where a new password comes from. Never an argument: other users see those of a running program.
#[derive(Debug, Args)]
pub(crate) struct PasswordSource {
    #[arg(
        long = "password-stdin",
        help = "Read the password from standard input, one line, instead of asking for it"
    )]
    pub(crate) stdin: bool,
    #[arg(long, help = "Accept a password that is guessed soon")]
    pub(crate) allow_weak: bool,
}

/// No TLS, for no emulator needs it, and so that AWS is not taken for the local server.
fn plain_http(url: &str) -> Result<String, &'static str> {
    let host = url.strip_prefix("http://").filter(|host| host.starts_with(|c| c != '/' && c != ':'));
    host.map(|_| url.to_owned()).ok_or("must be like http://127.0.0.1:8000, and without TLS")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, clap::Error> {
        Options::read(std::iter::once("members").chain(line.split_whitespace()).map(OsString::from))
    }

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn the_local_server_has_a_usual_address_before_and_after_the_command() {
        for line in ["--local list", "list --local", "list --local=http://127.0.0.1:8000"] {
            assert_eq!(parse(line).unwrap().place.local.as_deref(), Some("http://127.0.0.1:8000"), "{line}");
        }
        assert!(parse("list").unwrap().place.local.is_none());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for line in [
            "list --local --stack sessions",
            "--local list --stack sessions",
            "list --local=https://dynamodb.us-east-1.amazonaws.com",
            "list --local=http://",
            "add",
            "add a b",
            "import",
            "",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
