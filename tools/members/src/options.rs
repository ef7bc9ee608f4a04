//! The command line.

mod member_arg;

use crate::options::member_arg::MemberArg;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use shared::members::Email;
use std::ffi::OsString;
use std::path::PathBuf;
use url::{Host, Url};

/// The options: the action and the tables.
#[derive(Debug, Parser)]
#[command(
    name = "members",
    version,
    about = "Members and their sessions: who may log in, and who is logged in.",
    after_help = "Without --stack and --local the tables are those that MEMBERS_TABLE, SESSIONS_TABLE and \
                  EPOCHS_TABLE name,\nwith the region and the credentials of the environment. New hashes use the \
                  cost BCRYPT_COST [default: 12, or\nthe stack's]."
)]
pub struct Options {
    #[command(flatten)]
    pub(crate) target: Target,

    /// Print JSON: one object, or for lists one object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Options {
    /// Reads the arguments of the process. Ends the process if they are invalid.
    pub fn from_env() -> Self {
        Self::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let options = Self::try_parse_from(arguments)?;
        // Clap reports conflicts only between options of the same command.
        if options.target.stack.is_some() && options.target.local.is_some() {
            let message = "the argument '--stack <NAME>' cannot be used with '--local[=<URL>]'";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        }
        Ok(options)
    }
}

/// The tables. Without an option, the environment variables name them.
#[derive(Debug, Args)]
pub(crate) struct Target {
    #[arg(long, value_name = "NAME", global = true, help = "The tables of this CloudFormation stack")]
    pub(crate) stack: Option<String>,

    #[arg(
        long,
        value_name = "URL",
        global = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "http://127.0.0.1:8000",
        value_parser = on_this_machine,
        help = "The tables of the local server (`cargo run`), whose database is at http://127.0.0.1:8000 or URL"
    )]
    pub(crate) local: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a member, and ask for the password
    Add {
        #[arg(value_parser = Email::for_member)]
        email: Email,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// List all members
    List,
    /// Show one member
    Find(MemberArg),
    /// Give a member another email; the member id and the sessions stay
    SetEmail {
        #[command(flatten)]
        name: MemberArg,
        #[arg(value_name = "NEW EMAIL", value_parser = Email::for_member)]
        email: Email,
    },
    /// List members whose stored email no login can match, and member ids that are shared or not claimed
    Check {
        /// Correct the spelling of emails if possible
        #[arg(long)]
        fix: bool,
        /// Claim the member ids that are not claimed, and set the counter to the largest one
        #[arg(long)]
        claim: bool,
    },
    #[command(
        about = "Bring members back from a backup",
        long_about = "Bring members back from a backup, which was restored to its own table.\n\n\
                      Missing members come back, unless they were removed or changed since the backup. Their \
                      sessions have\nended and their devices are untrusted. You can repeat the command."
    )]
    Restore {
        /// The table that the backup was restored to
        #[arg(long, value_name = "TABLE")]
        from: String,
        /// Write nothing, and show what would be written
        #[arg(long)]
        dry_run: bool,
        /// Also restore members who were changed since the backup; they are disabled
        #[arg(long)]
        outdated: bool,
        /// Also replace members who have the email of a member in the backup
        #[arg(long)]
        overwrite: bool,
    },
    /// Set a member's password, and end all of the member's sessions
    SetPassword {
        #[command(flatten)]
        name: MemberArg,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Disable a member: block logins, and end all sessions
    Disable(MemberArg),
    /// Let a disabled member log in again
    Enable(MemberArg),
    /// Remove a member, and end all of the member's sessions; the member id is never used again
    Remove {
        #[command(flatten)]
        name: MemberArg,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// List a member's sessions
    Sessions(MemberArg),
    /// End all of a member's sessions; the member can log in again
    EndSessions(MemberArg),
    #[command(
        about = "Import members from another application",
        long_about = "Import members from another application.\n\n\
                      Each line of the file is an email, a bcrypt hash ($2a$, $2b$ or $2y$) and, if you want to \
                      keep it, a\nmember id. With a heading, the columns can be in any order. Existing members are \
                      not changed, so the\nsame command continues after an interruption. Lines that cannot be \
                      loaded are listed in the report."
    )]
    Import {
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        /// Field separator: a character, or `comma`, `semicolon`, `tab` or `pipe`
        #[arg(long = "delimiter", value_name = "CHAR", default_value = ",", value_parser = separator)]
        separator: u8,
        /// File for the list of rejected lines; default: FILE.rejected.csv
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// Load members whose hash is missing or not bcrypt; they keep their id, and cannot log in until a password is
        /// set
        #[arg(long)]
        without_password: bool,
    },
}

/// The source of a new password. The password is never a command-line argument, because other users can see the
/// arguments of a running program.
#[derive(Debug, Args)]
pub(crate) struct PasswordSource {
    /// Read the password from one line of standard input, instead of asking for it
    #[arg(long = "password-stdin")]
    pub(crate) stdin: bool,
    /// Accept a password that is easy to guess, too short, not in form NFC, or with white space at an end
    #[arg(long)]
    pub(crate) allow_weak: bool,
}

/// Accepts the URL of an emulator on this machine, without TLS, which no emulator needs. A server on another machine
/// would receive the credentials of the environment.
fn on_this_machine(url: &str) -> Result<String, &'static str> {
    let parsed = Url::parse(url).map_err(|_| NOT_HERE)?;
    let is_loopback = match parsed.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_bare = parsed.path() == "/" && parsed.query().is_none() && parsed.fragment().is_none();
    let is_anonymous = parsed.username().is_empty() && parsed.password().is_none();
    if parsed.scheme() == "http" && is_loopback && is_bare && is_anonymous {
        // The URL in its parsed form, so that no other parser can read it differently.
        Ok(parsed.as_str().trim_end_matches('/').to_owned())
    } else {
        Err(NOT_HERE)
    }
}

const NOT_HERE: &str = "must be on this machine and without TLS, like http://127.0.0.1:8000; for a database \
     elsewhere set AWS_ENDPOINT_URL_DYNAMODB, MEMBERS_TABLE, SESSIONS_TABLE and EPOCHS_TABLE";

fn separator(text: &str) -> Result<u8, &'static str> {
    match (text, text.as_bytes()) {
        ("comma", _) => Ok(b','),
        ("semicolon", _) => Ok(b';'),
        ("tab" | "\\t", _) => Ok(b'\t'),
        ("pipe", _) => Ok(b'|'),
        (_, &[character]) if character == b'\t' || is_separator(character) => Ok(character),
        _ => Err("must be one ASCII character, or comma, semicolon, tab or pipe"),
    }
}

/// Whether the character can separate fields without splitting an email, a hash or an id.
fn is_separator(character: u8) -> bool {
    character.is_ascii_punctuation() && !b"\"'@.$/-+_{}=".contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, clap::Error> {
        Options::read(std::iter::once("members").chain(line.split_whitespace()).map(OsString::from))
    }

    #[test]
    fn local_has_a_default_address_before_and_after_the_command() {
        for line in ["--local list", "list --local", "list --local=http://127.0.0.1:8000"] {
            assert_eq!(parse(line).unwrap().target.local.as_deref(), Some("http://127.0.0.1:8000"), "{line}");
        }
        assert!(parse("list").unwrap().target.local.is_none());
    }

    #[test]
    fn a_local_database_is_on_this_machine() {
        for good in ["localhost:8000", "127.0.0.1", "127.1.2.3:1", "[::1]:8000", "127.0.0.1:8000/"] {
            assert!(parse(&format!("list --local=http://{good}")).is_ok(), "{good}");
        }
        let elsewhere = "dynamodb:8000 10.0.0.1:8000 0.0.0.0:8000 [2001:db8::1]:8000 localhost.evil.example \
                         127.0.0.1@evil.example:8000 evil.example\\@127.0.0.1 user:word@127.0.0.1 127.0.0.1/path \
                         127.0.0.1/?query";
        for bad in elsewhere.split(' ') {
            assert!(parse(&format!("list --local=http://{bad}")).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_delimiter_is_a_character_or_its_name() {
        let separators = [";", "semicolon", "tab", "\t", "\\t", "pipe", "|", ":"].map(separator);
        assert_eq!(separators, [b';', b';', b'\t', b'\t', b'\t', b'|', b'|', b':'].map(Ok));
        for bad in ["", ";;", "é", "a", "1", " ", "\"", "\n", "@", "$"] {
            assert!(separator(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn invalid_arguments_are_refused() {
        for command in ["add", "set-password", "disable", "enable", "remove", "sessions", "end-sessions"] {
            for email in ["", " ", &"a".repeat(255)] {
                let refused = Options::read(["members", command, email].map(OsString::from));
                assert!(refused.is_err_and(|error| error.to_string().contains(" must not be ")), "{command}");
            }
        }
        for line in [
            "list --local --stack sessions",
            "--local list --stack sessions",
            "list --local=https://dynamodb.us-east-1.amazonaws.com",
            "list --local=http://",
            "add",
            "add ada@example.com password",
            "add ada@example.com --password x",
            "import",
            "",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
