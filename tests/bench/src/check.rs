//! What must not grow unseen: instructions, of binaries that are built as they are deployed.

use crate::function::{Function, Functions};
use crate::instructions::{Login, count};
use crate::laboratory::{Connection, Laboratory};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A count, and what it was when it was last decided on, in instructions; and how far over that it may be.
struct Limit {
    what: &'static str,
    usual: u64,
    margin_percent: u64,
}

/// The authorizer from its start to its first answer, over TLS with one certificate authority. It makes
/// status' calls but for the bucket's, one after the other: on one connection, always.
const COLD_START: Limit = Limit { what: "a cold authorizer", usual: 8_600_000, margin_percent: 20 };

/// How often that is counted: the least counts, for what TLS draws by chance differs by a tenth.
const COLD_STARTS: usize = 3;

/// bcrypt of 2^10 rounds. Nothing in it depends on chance or on the machine.
const HASH: Limit = Limit { what: "bcrypt at cost 10", usual: 1, margin_percent: 2 };

/// Counts, prints, and fails where a count is over its limit.
pub(crate) async fn run(laboratory: &Laboratory, functions: &Functions<'_>, folder: &Path) -> io::Result<()> {
    let start = Instant::now();
    let variables = laboratory.environment(Connection::OneRoot);
    let authorizer = built(functions.authorizer(), folder, "AuthorizerFunction")?;
    let login = |login| built(login, folder, "LoginFunction");
    let mut cold = u64::MAX;
    for _ in 0..COLD_STARTS {
        cold = cold.min(count(&authorizer, &variables, 1).await?);
    }
    let hash = Login::hash(&login(functions.failed_login())?, &variables).await?;
    let are_within = [COLD_START.holds(cold), HASH.holds(hash)];
    println!("{:.0} s", start.elapsed().as_secs_f64());
    if are_within.contains(&false) { Err(io::Error::other("a count is over its limit")) } else { Ok(()) }
}

impl Limit {
    fn holds(&self, count: u64) -> bool {
        let limit = self.usual * (100 + self.margin_percent) / 100;
        println!("{}: {count} instructions, at most {limit}", self.what);
        count <= limit
    }
}

/// The same function as cargo left it in `folder`, or SAM.
fn built(function: Function, folder: &Path, logical_name: &str) -> io::Result<Function> {
    let binary = function.command.iter().filter_map(|it| it.file_name()).next().unwrap_or_default();
    let places = [folder.join(binary), folder.join(logical_name).join("bootstrap")];
    let place: Option<&PathBuf> = places.iter().find(|it| it.is_file());
    let place = place.ok_or_else(|| io::Error::other(format!("no {} in the folder", function.name)))?;
    Ok(Function { command: vec![place.canonicalize()?], ..function })
}
