//! Builds everything that is measured, with the tools that users have.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// Builds the functions, and the Rust programs for comparison, with the profile that is deployed.
pub(crate) fn release(root: &Path) -> io::Result<()> {
    let packages = ["authorizer", "comparison", "login", "logout", "status"];
    let packages = packages.iter().flat_map(|name| ["--package", name]);
    run(Command::new("cargo").args(["build", "--release", "--locked"]).args(packages).current_dir(root))
}

/// Installs the packages that the programs in Node and Python need.
pub(crate) fn peers(root: &Path) -> io::Result<()> {
    let source = root.join("tests/bench/peers");
    let node = root.join("target/peers/node");
    fs::create_dir_all(&node)?;
    for file in fs::read_dir(source.join("node"))?.filter_map(Result::ok).filter(|it| it.path().is_file()) {
        fs::copy(file.path(), node.join(file.file_name()))?;
    }
    // Install scripts are not needed: bcrypt ships its binaries, and its script would only check them.
    let quietly = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    run(Command::new("npm").args(quietly).current_dir(&node))?;
    let python = root.join("target/peers/python");
    run(Command::new("python3.11").args(["-m", "venv"]).arg(&python))?;
    let mut pip = Command::new(python.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run(pip.arg(source.join("python/requirements.txt")))
}

/// Runs a command without cargo's own variables. If these variables change, cargo compiles ring again.
fn run(command: &mut Command) -> io::Result<()> {
    for name in std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
        if ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| io::Error::other(format!("{program}: {error}")))?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{program} failed: {status}"))) }
}
