//! The program as users run it: the API, or the database alone.

use shared::random::random;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running program. Dropping this kills it without a warning.
pub(crate) struct Program {
    child: Child,
    port: u16,
}

impl Program {
    /// The database alone, in a folder, on a port that no other program gets by chance. The operating system gives out
    /// ports from 32768 on; one of those could be taken before the database is started there again.
    pub(crate) fn database(data: &Path) -> Self {
        let draw = || Self::try_database(data, 20_000 + u16::from_be_bytes(random()) % 10_000);
        let mut draws = std::iter::repeat_with(draw).take(10);
        draws.find_map(Result::ok).expect("a port is free")
    }

    /// The same database after its end.
    pub(crate) fn database_again(data: &Path, port: u16) -> Self {
        Self::try_database(data, port).unwrap()
    }

    fn try_database(data: &Path, port: u16) -> Result<Self, String> {
        let mut command = command(port);
        Self::start(command.arg("--dynamodb-only").arg("--data").arg(data))
    }

    /// The API on a database that runs elsewhere.
    pub(crate) fn api(database: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = command(0);
        let command = command.args(["--dynamodb-endpoint", database]).envs(variables.iter().copied());
        Self::start(command).unwrap()
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The resident memory: `VmRSS` of proc(5).
    pub(crate) fn resident_kilobytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// The program serves when it prints its first line, which ends with the port. A program that does not start says why
    /// on standard error, and ends.
    fn start(command: &mut Command) -> Result<Self, String> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
        let Some(port) = port else {
            return Err(String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap());
        };
        let mut stderr = child.stderr.take().unwrap();
        // The functions log there. Nothing would read a full pipe, so it is emptied.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Ok(Self { child, port })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn command(port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.args(["--port", &port.to_string()]).env("BCRYPT_COST", "10");
    command
}
