//! The verification of a password, against the fastest bcrypt on the machine.

use crate::function::{Function, Functions};
use crate::instance::Instance;
use crate::laboratory::{Connection, Laboratory};
use crate::statistics::{median, ms, ratio};
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

/// Prints the table. A login's processor time is taken as the hash's, so what else a login does counts
/// against us.
pub(crate) async fn report(
    laboratory: &Laboratory,
    functions: &Functions<'_>,
    rounds: usize,
) -> io::Result<()> {
    let logins = functions.logins();
    let variables = laboratory.environment(Connection::Plain);
    let mut instances = Vec::new();
    for login in &logins {
        let mut instance = Instance::start(login, &variables).await?;
        instance.ready().await;
        instance.ask(login).await?;
        instances.push((instance, login, Vec::new()));
    }
    let mut libxcrypt = Vec::new();
    for _ in 0..rounds {
        libxcrypt.push(verify(functions.root, laboratory.fixtures.password_hash()).await?);
        for (instance, login, times) in &mut instances {
            times.push(ask(instance, login).await?);
        }
    }
    let libxcrypt = median(&libxcrypt);
    println!("| verification at cost 12, {rounds} rounds | CPU, ms | × libxcrypt |\n|---|---|---|");
    println!("| libxcrypt, `crypt_rn` alone | {:.1} | 1.000 |", ms(libxcrypt));
    for (_, login, times) in instances {
        let time = median(&times);
        println!("| {}, all of it, warm | {:.1} | {:.3} |", login.name, ms(time), ratio(time, libxcrypt));
    }
    Ok(())
}

async fn ask(instance: &mut Instance, login: &Function) -> io::Result<Duration> {
    let before = instance.processor_time().await;
    instance.ask(login).await?;
    Ok(instance.processor_time().await - before)
}

async fn verify(root: &Path, hash: &str) -> io::Result<Duration> {
    let script = root.join("tests/bench/peers/python/libxcrypt.py");
    let output =
        Command::new(root.join("target/peers/python/bin/python")).arg(script).arg(hash).output().await?;
    let nanoseconds = String::from_utf8_lossy(&output.stdout).trim().parse();
    nanoseconds.map(Duration::from_nanos).map_err(|_| io::Error::other("libxcrypt did not verify the hash"))
}
