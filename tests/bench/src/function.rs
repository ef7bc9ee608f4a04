//! What is measured, and what it is asked.

use crate::certificate::Certificate;
use crate::fixtures::Fixtures;
use crate::laboratory::Variable;
use std::fs;
use std::path::{Path, PathBuf};

/// A function: how it is started, and what it is asked.
#[derive(Clone)]
pub(crate) struct Function {
    /// As the tables say it.
    pub(crate) name: &'static str,
    /// The program and its arguments.
    pub(crate) command: Vec<PathBuf>,
    /// How it is told which certificate authorities to trust, where it does not know of itself.
    pub(crate) authorities: Option<Variable>,
    /// What it is asked.
    pub(crate) event: String,
    /// A part of the answer, so that nothing is measured that went wrong.
    pub(crate) expected: &'static str,
}

/// What status answers.
const MEMBER: &str = "memberId";

/// What login and logout answer.
const COOKIE: &str = "__Host-Http-session=";

/// All of them, as their builds leave them.
pub(crate) struct Functions<'a> {
    /// The workspace.
    pub(crate) root: &'a Path,
    /// The folder of our binaries: `target/release`, or `.aws-sam/build`.
    pub(crate) release: &'a Path,
    /// What they are asked.
    pub(crate) fixtures: &'a Fixtures,
    /// What the database shows them.
    pub(crate) certificate: &'a Certificate,
}

impl Function {
    /// Whether it can be started; says so where it cannot.
    pub(crate) fn is_built(&self) -> bool {
        let is_built = self.command.iter().filter(|it| it.is_absolute()).all(|it| it.exists());
        if !is_built {
            eprintln!("not built, and left out: {}", self.name);
        }
        is_built
    }

    /// Whether it is one program of machine code, and no script.
    pub(crate) fn is_native(&self) -> bool {
        self.command.len() == 1
    }

    /// Bytes of that program.
    pub(crate) fn size(&self) -> Option<u64> {
        let program = self.command.first().filter(|_| self.is_native())?;
        fs::metadata(program).ok().map(|it| it.len())
    }
}

impl Functions<'_> {
    /// All; the first is what the others are compared with.
    pub(crate) fn all(&self) -> Vec<Function> {
        self.without_a_hash().into_iter().chain(self.logins()).collect()
    }

    /// Those that verify a password.
    pub(crate) fn logins(&self) -> Vec<Function> {
        let logins = [self.login(), self.naive_login(), self.node_login(), self.python_login()];
        logins.into_iter().filter(Function::is_built).collect()
    }

    /// Those whose work is not all bcrypt.
    pub(crate) fn without_a_hash(&self) -> Vec<Function> {
        let functions = [
            self.floor(),
            self.bare(),
            self.status(),
            self.lazy(),
            self.authorizer(),
            self.logout(),
            self.logout_without_cookie(),
            self.naive_status(),
            self.node_status(),
            self.python_status(),
        ];
        functions.into_iter().filter(Function::is_built).collect()
    }

    /// An empty function.
    pub(crate) fn floor(&self) -> Function {
        let (program, event) = (self.release.join("floor"), self.fixtures.status());
        self.of_usual_make("an empty function", program, event, "{}")
    }

    /// Status' calls alone.
    pub(crate) fn bare(&self) -> Function {
        let (program, event) = (self.release.join("bare"), self.fixtures.status());
        self.of_usual_make("its two calls alone", program, event, MEMBER)
    }

    /// Status.
    pub(crate) fn status(&self) -> Function {
        self.ours("status", "status", self.fixtures.status(), MEMBER)
    }

    /// Status, with nothing done in the init phase.
    pub(crate) fn lazy(&self) -> Function {
        self.ours("status, nothing in init", "lazy", self.fixtures.status(), MEMBER)
    }

    /// The authorizer.
    pub(crate) fn authorizer(&self) -> Function {
        self.ours("authorizer", "authorizer", self.fixtures.authorizer(), "isAuthorized\":true")
    }

    /// Logout without a cookie.
    pub(crate) fn logout_without_cookie(&self) -> Function {
        self.ours("logout without a cookie", "logout", self.fixtures.logout_without_cookie(), COOKIE)
    }

    /// Logout.
    pub(crate) fn logout(&self) -> Function {
        self.ours("logout", "logout", self.fixtures.logout(), COOKIE)
    }

    /// Login.
    pub(crate) fn login(&self) -> Function {
        self.ours("login", "login", self.fixtures.login(), COOKIE)
    }

    /// Login of the member whose hash is quick.
    pub(crate) fn quick_login(&self) -> Function {
        self.ours("login at cost 10", "login", self.fixtures.quick_login(), COOKIE)
    }

    /// Login that fails, as the member's hash is of a higher cost than is allowed.
    pub(crate) fn failed_login(&self) -> Function {
        self.ours("failed login", "login", self.fixtures.login(), "INVALID_CREDENTIALS")
    }

    /// Status, built naively.
    pub(crate) fn naive_status(&self) -> Function {
        self.naive("status, built naively", "naive-status", self.fixtures.status(), MEMBER)
    }

    /// Login, built naively.
    pub(crate) fn naive_login(&self) -> Function {
        self.naive("login, built naively", "naive-login", self.fixtures.login(), COOKIE)
    }

    /// Status in Node.
    pub(crate) fn node_status(&self) -> Function {
        self.node("status in Node 20", "status.mjs", self.fixtures.status(), MEMBER)
    }

    /// Login in Node.
    pub(crate) fn node_login(&self) -> Function {
        self.node("login in Node 20", "login.mjs", self.fixtures.login(), COOKIE)
    }

    /// Status in Python.
    pub(crate) fn python_status(&self) -> Function {
        self.python("status in Python 3.11", "status.py", self.fixtures.status(), MEMBER)
    }

    /// Login in Python.
    pub(crate) fn python_login(&self) -> Function {
        self.python("login in Python 3.11", "login.py", self.fixtures.login(), COOKIE)
    }

    fn ours(&self, name: &'static str, binary: &str, event: String, expected: &'static str) -> Function {
        let program = self.program(binary);
        let copy = || self.certificate.trusting_copy(&program, binary).expect("it is one of ours");
        let program = program.exists().then(copy).unwrap_or(program);
        Function { name, command: vec![program], authorities: None, event, expected }
    }

    /// As cargo leaves it, or SAM.
    fn program(&self, binary: &str) -> PathBuf {
        let logical_name = format!("{}{}Function", binary[..1].to_uppercase(), &binary[1..]);
        let of_sam = self.release.join(logical_name).join("bootstrap");
        if of_sam.exists() { of_sam } else { self.release.join(binary) }
    }

    fn naive(&self, name: &'static str, binary: &str, event: String, expected: &'static str) -> Function {
        self.of_usual_make(name, self.root.join("target/naive/release").join(binary), event, expected)
    }

    /// A program that reads the system's authorities.
    fn of_usual_make(
        &self,
        name: &'static str,
        program: PathBuf,
        event: String,
        expected: &'static str,
    ) -> Function {
        let authorities = Some(("SSL_CERT_FILE".to_owned(), self.certificate.system_roots()));
        Function { name, command: vec![program], authorities, event, expected }
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
