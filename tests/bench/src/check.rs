//! Checks the number of instructions of binaries that are built as they are deployed.

use crate::function::{Function, Functions};
use crate::instructions::{Login, count};
use crate::laboratory::{Connection, Laboratory};
use std::io;
use std::time::Instant;

/// The limits of a count, in instructions.
struct Limits {
    what: &'static str,
    least: u64,
    most: u64,
}

/// The authorizer from its start to its first answer, over TLS. It makes the calls of status without the bucket's,
/// one after the other, so always on one connection.
const COLD_START: Limits = Limits { what: "a cold authorizer", least: 0, most: 5_500_000 };

/// How often that is counted at most. The least counts: a part of it is what TLS draws by chance, and on a busy
/// machine a connection can take a second attempt.
const COLD_STARTS: usize = 10;

/// bcrypt of 2^10 rounds, which takes 270 million instructions at opt-level 2. Fewer instructions are slower: at
/// level 3, with 250 and 232 million, it takes 8 and 3 % more time. The count depends neither on chance nor on the
/// machine.
const HASH: Limits = Limits { what: "bcrypt at cost 10", least: 266_000_000, most: 278_000_000 };

/// Counts and prints. Fails when a count is outside its limits.
pub(crate) async fn run(laboratory: &Laboratory, functions: &Functions<'_>) -> io::Result<()> {
    let start = Instant::now();
    let [tls, plain] = [Connection::Tls, Connection::Plain].map(|it| laboratory.environment(it));
    let (authorizer, login) = (built(functions.authorizer())?, built(functions.failed_login())?);
    let mut cold = u64::MAX;
    for _ in 0..COLD_STARTS {
        cold = cold.min(count(&authorizer, &tls, 1).await?);
        if cold <= COLD_START.most {
            break;
        }
    }
    let hash = Login::hash(&login, &plain).await?;
    let are_within = [COLD_START.hold(cold), HASH.hold(hash)];
    println!("{:.0} s", start.elapsed().as_secs_f64());
    if are_within.contains(&false) { Err(io::Error::other("a count is outside its limits")) } else { Ok(()) }
}

impl Limits {
    fn hold(&self, count: u64) -> bool {
        let Self { what, least, most } = self;
        println!("{what}: {count} instructions, to be {least} to {most}");
        (*least..=*most).contains(&count)
    }
}

fn built(function: Function) -> io::Result<Function> {
    let name = function.name;
    Some(function)
        .filter(Function::is_built)
        .ok_or_else(|| io::Error::other(format!("no {name} in the folder")))
}
