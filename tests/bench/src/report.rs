//! Prints the tables of the costs.

use crate::cold::{self, ColdStarts};
use crate::function::{Function, Functions};
use crate::instructions::{Login, count};
use crate::laboratory::{Connection, Laboratory};
use crate::statistics::{median, mega, ms, ratio};
use crate::warm;
use std::io;

/// Cold starts over TLS, compared with those of the empty function, and the sizes of the binaries.
pub(crate) async fn cold(
    laboratory: &Laboratory,
    functions: &Functions<'_>,
    rounds: usize,
) -> io::Result<()> {
    let variables = laboratory.environment(Connection::Tls);
    let all = functions.all();
    let starts = cold::measure(laboratory, &all, &variables, rounds).await?;
    let floor = &starts[0];
    println!(
        "| cold, {rounds} rounds | ready, ms | first request, ms | × empty | CPU of init, ms | CPU, ms \
         | × empty | peak memory, MiB | × empty | calls | binary, MB |\n|---{}",
        "|---".repeat(10) + "|"
    );
    for (function, starts) in all.iter().zip(&starts) {
        println!("{}", cold_row(function, starts, floor));
    }
    Ok(())
}

fn cold_row(function: &Function, starts: &ColdStarts, floor: &ColdStarts) -> String {
    let (request, cpu, memory) = (median(&starts.first_request), median(&starts.cpu), starts.peak_memory());
    format!(
        "| {} | {:.1} | {:.2} | {:.2} | {:.1} | {:.1} | {:.2} | {:.1} | {:.2} | {} | {} |",
        function.name,
        ms(median(&starts.ready)),
        ms(request),
        ratio(request, median(&floor.first_request)),
        ms(median(&starts.init_cpu)),
        ms(cpu),
        ratio(cpu, median(&floor.cpu)),
        mega(memory, 1024),
        mega(memory, 1) / mega(floor.peak_memory(), 1),
        starts.calls(),
        function.size().map_or_else(|| "–".to_owned(), |size| format!("{:.1}", mega(size, 1_000_000))),
    )
}

/// Responses of warm instances. Calls go over HTTP, which is the cheapest connection.
pub(crate) async fn warm(
    laboratory: &Laboratory,
    functions: &Functions<'_>,
    rounds: usize,
) -> io::Result<()> {
    let variables = laboratory.environment(Connection::Plain);
    let warm_functions = functions.without_a_hash();
    let measured = warm::measure(laboratory, &warm_functions, &variables, (rounds, 100)).await?;
    let floor = median(&measured[0].cpu);
    println!(
        "| warm, {rounds} rounds of 100 | wall, ms | CPU, ms | × empty | calls |\n|---|---|---|---|---|"
    );
    for (function, warm) in warm_functions.iter().zip(&measured) {
        let (wall, cpu) = (median(&warm.wall), median(&warm.cpu));
        println!(
            "| {} | {:.3} | {:.3} | {:.2} | {} |",
            function.name,
            ms(wall),
            ms(cpu),
            ratio(cpu, floor),
            warm.calls(),
        );
    }
    Ok(())
}

/// Instructions, with Amazon's root certificates and with the system's. A warm response is counted over HTTP, because
/// the work of a TLS handshake varies by more than a whole response takes.
pub(crate) async fn instructions(laboratory: &Laboratory, functions: &Functions<'_>) -> io::Result<()> {
    let connections = [Connection::Tls, Connection::SystemRoots, Connection::Plain];
    let [tls, system, plain] = connections.map(|it| laboratory.environment(it));
    println!(
        "| millions of instructions | to ready | to the first response | the same with the system's roots \
         | a warm response |"
    );
    println!("|---|---|---|---|---|");
    let all = functions.without_a_hash();
    for function in all.iter().filter(|it| it.is_native()) {
        let ready = count(function, &tls, 0).await?;
        let (first, second) = (count(function, &tls, 1).await?, count(function, &system, 1).await?);
        let (before, after) = (count(function, &plain, 2).await?, count(function, &plain, 12).await?);
        let [ready, first, second, warm] = [ready, first, second, (after - before) / 10].map(millions);
        println!("| {} | {ready:.2} | {first:.2} | {second:.2} | {warm:.2} |", function.name);
    }
    let login = Login::count(functions, &tls, &plain).await?;
    let [cold, warm, hash] = [login.cold, login.warm, login.hash].map(millions);
    println!("| login without the hash | – | – | {cold:.2} | {warm:.2} |\n");
    println!("The hash at cost 10 is {hash:.1} million instructions.");
    Ok(())
}

fn millions(count: u64) -> f64 {
    mega(count, 1_000_000)
}
