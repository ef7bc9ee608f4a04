//! The program as users run it.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_local"));
    program.args(arguments).env("BCRYPT_COST", "10").stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// A running program that ends with the test.
struct Running(Child);

impl Running {
    fn start(arguments: &[&str]) -> Self {
        Self(program(arguments).spawn().unwrap())
    }

    /// The first line that the program prints, when it is ready.
    fn first_line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Sends a Ctrl-C, and returns the exit code.
    fn interrupt(&mut self) -> Option<i32> {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[test]
fn the_first_line_is_the_url_and_an_interrupt_is_a_success() {
    let mut local = Running::start(&["--port", "0"]);
    let url = local.first_line();
    assert!(url.strip_prefix("http://localhost:").unwrap().parse::<u16>().is_ok(), "{url}");
    assert_eq!(local.interrupt(), Some(0));
}

#[test]
fn the_database_alone_prints_the_environment_to_use_it_with() {
    let mut local = Running::start(&["--dynamodb-only", "--port", "0"]);
    let line = local.first_line();
    assert!(line.starts_with("export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:"), "{line}");
    assert_eq!(local.interrupt(), Some(0));
}

#[test]
fn an_error_at_the_start_is_one_line() {
    let nowhere = ["--port", "0", "--dynamodb-endpoint", "http://localhost:1"];
    let no_folder = ["--port", "0", "--data", env!("CARGO_BIN_EXE_local")];
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let in_use = ["--dynamodb-only", "--port", &port];
    for (arguments, variable, line) in [
        (&["--port", "0"][..], ("LOGIN_QUOTA", "many"), "error: LOGIN_QUOTA must be permits/seconds "),
        (&nowhere, ("X", ""), "error: cannot use the DynamoDB at http://localhost:1: "),
        (&no_folder, ("X", ""), "error: cannot open the database in "),
        (&["--port", &port], ("X", ""), &format!("error: port {port} is in use: stop what listens there ")),
        (&in_use, ("X", ""), &format!("error: port {port} is in use: ")),
    ] {
        let output = program(arguments).env(variable.0, variable.1).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.starts_with(line), "{errors}");
        assert_eq!((errors.lines().count(), output.status.code()), (1, Some(1)), "{errors}");
        assert!(output.stdout.is_empty());
    }
}
