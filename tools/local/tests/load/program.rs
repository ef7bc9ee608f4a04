//! The program as users run it: the API, or the database alone.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running program. Dropping this kills it without a warning.
pub(crate) struct Program {
    child: Child,
    port: u16,
}

impl Program {
    /// The database alone, with its data in a folder.
    pub(crate) fn database(data: &Path, port: u16) -> Self {
        let mut command = command(port);
        Self::start(command.arg("--dynamodb-only").arg("--data").arg(data))
    }

    /// The API on a database that runs elsewhere.
    pub(crate) fn api(database: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = command(0);
        let command = command.args(["--dynamodb-endpoint", database]).envs(variables.iter().copied());
        Self::start(command)
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

    /// The program is ready when it prints its first line, which ends with the port.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
        Self { child, port: port.expect("a port") }
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
