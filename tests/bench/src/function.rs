//! The functions that are measured, and their events.

use crate::certificate::Certificate;
use crate::fixtures::Fixtures;
use crate::laboratory::Variable;
use std::fs;
use std::path::{Path, PathBuf};

/// A function to measure: how to start it, and the event to send.
#[derive(Clone)]
pub(crate) struct Function {
    /// The function's name in the printed tables.
    pub(crate) name: &'static str,
    /// The program and its arguments.
    pub(crate) command: Vec<PathBuf>,
    /// The variables that name the trusted root certificates, for a program without compiled-in roots.
    pub(crate) authorities: Option<Variable>,
    /// The event that the function gets.
    pub(crate) event: String,
    /// A part of the expected response, so that no failed request is measured.
    pub(crate) expected: &'static str,
}

/// A part of the response of status.
const MEMBER: &str = "memberId";

/// A part of the responses of login and logout.
const COOKIE: &str = "__Host-Http-session=";

/// All functions, in the folders of their builds.
pub(crate) struct Functions<'a> {
    /// The folder of the workspace.
    pub(crate) root: &'a Path,
    /// The folder of our binaries: `target/release`, or `.aws-sam/build`.
    pub(crate) release: &'a Path,
    /// The events of the functions.
    pub(crate) fixtures: &'a Fixtures,
    /// The certificate of the database.
    pub(crate) certificate: &'a Certificate,
}

impl Function {
    /// Whether the function is built. Prints a line if it is not.
    pub(crate) fn is_built(&self) -> bool {
        let is_built = self.command.iter().filter(|it| it.is_absolute()).all(|it| it.exists());
        if !is_built {
            eprintln!("not built, and left out: {}", self.name);
        }
        is_built
    }

    /// Whether the function is one binary, not a script.
    pub(crate) fn is_native(&self) -> bool {
        self.command.len() == 1
    }

    /// The size of the binary in bytes.
    pub(crate) fn size(&self) -> Option<u64> {
        let program = self.command.first().filter(|_| self.is_native())?;
        fs::metadata(program).ok().map(|it| it.len())
    }
}

impl Functions<'_> {
    /// All functions. The first function is the baseline of the comparison.
    pub(crate) fn all(&self) -> Vec<Function> {
        self.without_a_hash().into_iter().chain(self.logins()).collect()
    }

    /// The functions that verify a password.
    pub(crate) fn logins(&self) -> Vec<Function> {
        let event = || self.fixtures.login();
        let logins = [
            self.login(),
            self.node("login in Node 20", "login.mjs", event(), COOKIE),
            self.python("login in Python 3.11", "login.py", event(), COOKIE),
        ];
        logins.into_iter().filter(Function::is_built).collect()
    }

    /// The functions that do not verify a password.
    pub(crate) fn without_a_hash(&self) -> Vec<Function> {
        let (status, logout) = (|| self.fixtures.status(), self.fixtures.logout());
        let without_cookie = self.fixtures.logout_without_cookie();
        let functions = [
            self.of_usual_make("an empty function", "floor", "{}"),
            self.of_usual_make("the two calls of status alone", "bare", MEMBER),
            self.ours("status", "status", status(), MEMBER),
            self.ours("status, nothing in init", "lazy", status(), MEMBER),
            self.ours("authorizer", "authorizer", self.fixtures.authorizer(), "isAuthorized\":true"),
            self.ours("logout", "logout", logout, COOKIE),
            self.ours("logout without a cookie", "logout", without_cookie, COOKIE),
            self.node("status in Node 20", "status.mjs", status(), MEMBER),
            self.python("status in Python 3.11", "status.py", status(), MEMBER),
        ];
        functions.into_iter().filter(Function::is_built).collect()
    }

    pub(crate) fn login(&self) -> Function {
        self.ours("login", "login", self.fixtures.login(), COOKIE)
    }

    /// A login of the member whose hash has cost 10.
    pub(crate) fn quick_login(&self) -> Function {
        self.ours("login at cost 10", "login", self.fixtures.quick_login(), COOKIE)
    }

    /// A failed login: the member's hash has a higher cost than the configured one.
    pub(crate) fn failed_login(&self) -> Function {
        self.ours("failed login", "login", self.fixtures.login(), "INVALID_CREDENTIALS")
    }

    fn ours(&self, name: &'static str, binary: &str, event: String, expected: &'static str) -> Function {
        let program = self.program(binary);
        let copy = || self.certificate.trusting_copy(&program, binary).expect("it is one of ours");
        let program = program.exists().then(copy).unwrap_or(program);
        Function { name, command: vec![program], authorities: None, event, expected }
    }

    /// The binary where cargo or SAM puts it.
    fn program(&self, binary: &str) -> PathBuf {
        let logical_name = format!("{}{}Function", binary[..1].to_uppercase(), &binary[1..]);
        let of_sam = self.release.join(logical_name).join("bootstrap");
        if of_sam.exists() { of_sam } else { self.release.join(binary) }
    }

    /// A program that reads the system's root certificates, with the event of status.
    fn of_usual_make(&self, name: &'static str, binary: &str, expected: &'static str) -> Function {
        let (command, event) = (vec![self.release.join(binary)], self.fixtures.status());
        let authorities = Some(("SSL_CERT_FILE".to_owned(), self.certificate.system_roots()));
        Function { name, command, authorities, event, expected }
    }

    fn node(&self, name: &'static str, file: &str, event: String, expected: &'static str) -> Function {
        let file = self.root.join("target/peers/node").join(file);
        let command = vec!["/usr/bin/env".into(), "node".into(), file];
        let authorities = Some(("NODE_EXTRA_CA_CERTS".to_owned(), self.certificate.authority()));
        Function { name, command, authorities, event, expected }
    }

    fn python(&self, name: &'static str, file: &str, event: String, expected: &'static str) -> Function {
        let program = self.root.join("target/peers/python/bin/python");
        let file = self.root.join("tests/bench/peers/python").join(file);
        let authorities = Some(("AWS_CA_BUNDLE".to_owned(), self.certificate.system_roots()));
        Function { name, command: vec![program, file], authorities, event, expected }
    }
}
