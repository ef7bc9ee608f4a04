//! The verification of a password, compared with libxcrypt, the fastest bcrypt on the machine.

use crate::function::{Function, Functions};
use crate::instance::Instance;
use crate::instructions::at_cost;
use crate::laboratory::{Connection, Laboratory};
use crate::statistics::{median, ms, ratio};
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

/// Prints the table: the processor time of whole logins, and of the hash alone in our login. Hashing at cost 10 takes a
/// quarter of the time of cost 12. So the hash at cost 12 takes four thirds of the difference between logins at the two
/// costs.
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
    let quick_login = functions.quick_login();
    let mut quick = Instance::start(&quick_login, &at_cost(&variables, "10")).await?;
    quick.ready().await;
    quick.ask(&quick_login).await?;
    let (mut libxcrypt, mut quick_times) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        libxcrypt.push(verify(functions.root, laboratory.fixtures.password_hash()).await?);
        quick_times.push(ask(&mut quick, &quick_login).await?);
        for (instance, login, times) in &mut instances {
            times.push(ask(instance, login).await?);
        }
    }
    let libxcrypt = median(&libxcrypt);
    println!("| verification at cost 12, {rounds} rounds | CPU, ms | × libxcrypt |\n|---|---|---|");
    let row = |name: &str, time| println!("| {name} | {:.1} | {:.3} |", ms(time), ratio(time, libxcrypt));
    row("libxcrypt, `crypt_rn` alone", libxcrypt);
    for (number, (_, login, times)) in instances.iter().enumerate() {
        let time = median(times);
        if number == 0 {
            row("the hash in our login", (time - median(&quick_times)) * 4 / 3);
        }
        row(&format!("{}, all of it, warm", login.name), time);
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
