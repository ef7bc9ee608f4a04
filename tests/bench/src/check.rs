//! Checks the number of instructions of a login, in a binary that is built already.

use crate::function::Functions;
use crate::instructions::Login;
use crate::laboratory::{Connection, Laboratory};
use std::io;
use std::ops::RangeInclusive;

/// The instructions from the start to the first response, over TLS and without the hash. TLS uses random numbers, so
/// counts of the same build differ, but by less than one percent. Without link-time optimization they are 3 % higher.
const COLD_START: RangeInclusive<u64> = 0..=11_800_000;

/// The instructions of bcrypt with 2^10 rounds: 270 million at opt-level 2. Fewer instructions are not faster: builds
/// at level 3 with 250 and 232 million took 8 and 3 % more time. The count depends neither on chance nor on the
/// machine.
const HASH: RangeInclusive<u64> = 266_000_000..=278_000_000;

/// How often both counts are tried. On a busy machine, a connection can take a second attempt, so one try with both
/// counts within the limits is enough.
const TRIES: usize = 3;

/// Counts instructions and prints the counts. Fails when a count is outside its limits in every try.
pub(crate) async fn run(laboratory: &Laboratory, functions: &Functions<'_>) -> io::Result<()> {
    if !functions.login().is_built() {
        return Err(io::Error::other("the folder has no login"));
    }
    let [tls, plain] = [Connection::Tls, Connection::Plain].map(|it| laboratory.environment(it));
    for _ in 0..TRIES {
        let Login { cold, hash, .. } = Login::count(functions, &tls, &plain).await?;
        println!("a cold login without the hash: {cold} instructions, expected {COLD_START:?}");
        println!("the hash at cost 10: {hash} instructions, expected {HASH:?}");
        if COLD_START.contains(&cold) && HASH.contains(&hash) {
            return Ok(());
        }
    }
    Err(io::Error::other("a count is outside its limits"))
}
