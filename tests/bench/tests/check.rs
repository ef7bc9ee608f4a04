//! `cargo measure check` on a folder without binaries.

use std::process::Command;

#[test]
fn a_folder_without_the_functions_does_not_pass() {
    let mut check = Command::new(env!("CARGO_BIN_EXE_bench"));
    let said = check.args(["check", env!("CARGO_TARGET_TMPDIR")]).output().unwrap();
    assert!(!said.status.success());
    assert!(String::from_utf8_lossy(&said.stderr).contains("no authorizer in the folder"));
}
