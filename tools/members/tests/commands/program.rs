//! The program, its tables and its output.

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use shared::accounts::Accounts;
use shared::config::Environment;
use shared::members::{Email, Epochs, Members};
use shared::sessions::{SessionTimeouts, Sessions};
use shared::store::with_limits;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use test_database::TestDatabase;
use tokio::net::TcpListener;

/// A hash of the password "enchantress", at the lowest cost of bcrypt.
pub(crate) const HASH: &str = "$2b$04$L6Bc/AlTQHyd9liGgGEZyOmPPde36chuNCw/KcP5SUMAdJq2u/Fzi";

/// A hash of another password.
pub(crate) const OTHER_HASH: &str = "$2b$04$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3e";

/// A password that is long enough.
pub(crate) const PASSWORD: &str = "enchantress";

/// The database of a test. It must respond while the test waits for the program, so the test's runtime needs more than
/// one thread.
pub(crate) struct Tables {
    database: TestDatabase,
}

impl Tables {
    pub(crate) async fn start() -> Self {
        Self { database: TestDatabase::start().await.unwrap() }
    }

    pub(crate) fn endpoint(&self) -> &str {
        self.database.endpoint()
    }

    pub(crate) fn access_key(&self) -> &str {
        self.database.access_key()
    }

    pub(crate) fn client(&self) -> Client {
        Client::from_conf(with_limits(self.database.config()).build())
    }

    pub(crate) fn members(&self) -> Members {
        Members::new(self.client(), "MembersTable".into(), self.epochs())
    }

    pub(crate) fn accounts(&self) -> Accounts {
        Accounts::new(self.members(), self.sessions())
    }

    pub(crate) fn sessions(&self) -> Sessions {
        let timeouts = SessionTimeouts::from_env(&Environment::default()).unwrap();
        Sessions::new(self.client(), "SessionsTable".into(), self.epochs(), timeouts)
    }

    fn epochs(&self) -> Epochs {
        Epochs::new(self.client(), "EpochsTable".into())
    }

    /// The program with these arguments, on these tables.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        self.program_at(self.endpoint(), arguments)
    }

    /// The program with these arguments, whose database calls go to `endpoint`.
    pub(crate) fn program_at(&self, endpoint: &str, arguments: &[&str]) -> Command {
        let mut program = bare_program(arguments);
        program
            .env("MEMBERS_TABLE", "MembersTable")
            .env("SESSIONS_TABLE", "SessionsTable")
            .env("EPOCHS_TABLE", "EpochsTable")
            .env("AWS_ACCESS_KEY_ID", self.access_key())
            .env("AWS_ENDPOINT_URL_DYNAMODB", endpoint);
        program
    }

    /// The output of the program without standard input.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(&self.program(arguments).output().unwrap())
    }

    /// The output of the program with this standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Said {
        with_input(&mut self.program(arguments), input)
    }

    /// The output of an import of this file.
    pub(crate) fn import(&self, path: &Path) -> Said {
        self.run(&["import", path.to_str().unwrap(), "--json"])
    }

    /// Adds a member with the command line.
    pub(crate) fn add(&self, email: &str) -> Said {
        self.run_with(&["add", email, "--password-stdin", "--allow-weak", "--json"], PASSWORD)
    }
}

/// The program with these arguments, these credentials and a region, without tables and without this
/// process's own AWS settings.
pub(crate) fn bare_program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_members"));
    program
        .args(arguments)
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/nowhere")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        .env("BCRYPT_COST", "10")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

/// The output and the exit code of the program. The type is not `Debug`, because the output contains emails.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// The JSON objects on standard output, one on each line. The program must have succeeded.
    pub(crate) fn records(&self) -> Vec<Value> {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
        self.json()
    }

    /// The one JSON object on standard output.
    pub(crate) fn record(&self) -> Value {
        let [record] = &self.records()[..] else { panic!("not one record") };
        record.clone()
    }

    /// The JSON objects on standard output, even if the program failed.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The one line of an error. The program must print nothing else.
    pub(crate) fn error(&self) -> &str {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""));
        self.error_line()
    }

    /// The one line of an error, beside other output.
    pub(crate) fn error_line(&self) -> &str {
        let line = self.stderr.strip_prefix("error: ").and_then(|line| line.strip_suffix('\n'));
        line.filter(|line| !line.contains('\n')).unwrap_or_else(|| panic!("not one line: {}", self.stderr))
    }
}

/// The whole output, after a check that it contains no secret.
pub(crate) fn said(output: &Output) -> Said {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_owned()).unwrap();
    let said =
        Said { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) };
    for secret in ["$2", "L6Bc", PASSWORD, "sorceress"] {
        assert!(!said.stdout.contains(secret) && !said.stderr.contains(secret), "a secret was printed");
    }
    said
}

/// The output of `program` with this standard input.
pub(crate) fn with_input(program: &mut Command, input: impl AsRef<[u8]>) -> Said {
    let mut child = program.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
    wait_for(child)
}

/// The member ids in these records.
pub(crate) fn ids(records: &[Value]) -> BTreeSet<u64> {
    records.iter().map(|it| it["memberId"].as_u64().unwrap()).collect()
}

/// The counts of an import: loaded, already there, rejected.
pub(crate) fn counts(said: &Said) -> [u64; 3] {
    let [tally] = &said.json()[..] else { panic!("not one record") };
    ["loaded", "alreadyThere", "rejected"].map(|name| tally[name].as_u64().unwrap())
}

/// Waits for a program that was started earlier, and returns its output.
pub(crate) fn wait_for(child: Child) -> Said {
    said(&child.wait_with_output().unwrap())
}

pub(crate) fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// A file to import, in its own folder.
pub(crate) fn file(content: impl AsRef<[u8]>) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("import-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder); // left by an earlier run
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("members.csv");
    std::fs::write(&path, content).unwrap();
    path
}

/// Starts a server that gives every request this response, after `check` has checked the request. Returns the URL.
pub(crate) async fn stub(status: StatusCode, body: String, check: fn(&HeaderMap, &str)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(async move |headers: HeaderMap, request: String| {
        check(&headers, &request);
        (status, body)
    });
    tokio::spawn(axum::serve(listener, router).into_future());
    endpoint
}

/// This number of rows to import. Every second row keeps an id.
pub(crate) fn rows(count: u64) -> String {
    let id = |number: u64| if number.is_multiple_of(2) { number.to_string() } else { String::new() };
    let row = |number| format!("m{number}@example.com,{HASH},{}\n", id(number));
    (1..=count).map(row).collect::<Vec<_>>().concat()
}
