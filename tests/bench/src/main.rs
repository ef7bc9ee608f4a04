//! `cargo measure` measures what the functions cost and prints the tables of docs/performance.md. `cargo measure
//! cold` runs one part.

mod bcrypt_work;
mod builds;
mod canned_dynamodb;
mod certificate;
mod check;
mod cold;
mod fixtures;
mod function;
mod instance;
mod instructions;
mod laboratory;
mod limiter;
mod report;
mod runtime_api;
mod statistics;
mod warm;

use clap::{Parser, Subcommand};
use function::Functions;
use laboratory::Laboratory;
use std::io;
use std::path::{Path, PathBuf};

/// Measures what the functions cost, as ratios within one run. Builds the programs to measure, and prints Markdown.
#[derive(Parser)]
#[command(bin_name = "cargo measure")]
struct Options {
    /// Rounds of the interleaved measurements. A figure is their median.
    #[arg(long, default_value_t = 25)]
    rounds: usize,
    /// Builds nothing, and measures the existing builds.
    #[arg(long)]
    built: bool,
    /// The part to run. Without this argument, all parts run.
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Clone, Subcommand)]
enum Part {
    /// From the start of a process to its first response.
    Cold,
    /// Responses of a warm process.
    Warm,
    /// Verification of a password, compared with libxcrypt.
    Bcrypt,
    /// Instructions, as counted by valgrind.
    Instructions,
    /// The calls that the limiter makes per decision.
    Limiter,
    /// Counts the instructions of an existing build of login, and fails when a count is outside its limits.
    Check {
        /// `target/release`, or `.aws-sam/build`.
        folder: PathBuf,
    },
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> io::Result<()> {
    let Options { rounds, built, part } = Options::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let laboratory = Laboratory::open().await?;
    let release = match &part {
        Some(Part::Check { folder }) => folder.canonicalize()?,
        _ => root.join("target/release"),
    };
    let Laboratory { fixtures, certificate, .. } = &laboratory;
    let functions = Functions { root: &root, release: &release, fixtures, certificate };
    let parts = part.map_or_else(Part::all, |part| vec![part]);
    for part in parts {
        if !built {
            part.prepare(&root)?;
        }
        match part {
            Part::Cold => report::cold(&laboratory, &functions, rounds).await?,
            Part::Warm => report::warm(&laboratory, &functions, rounds).await?,
            Part::Bcrypt => bcrypt_work::report(&laboratory, &functions, rounds).await?,
            Part::Instructions => report::instructions(&laboratory, &functions).await?,
            Part::Limiter => limiter::report().await,
            Part::Check { .. } => check::run(&laboratory, &functions).await?,
        }
        println!();
    }
    Ok(())
}

impl Part {
    /// Every part except the check, which needs a folder.
    fn all() -> Vec<Self> {
        vec![Self::Cold, Self::Warm, Self::Bcrypt, Self::Instructions, Self::Limiter]
    }

    /// Builds the programs to measure. Cargo keeps up-to-date builds.
    fn prepare(&self, root: &Path) -> io::Result<()> {
        match self {
            Self::Cold | Self::Warm | Self::Bcrypt | Self::Instructions => {
                builds::release(root)?;
                builds::peers(root)
            }
            Self::Limiter | Self::Check { .. } => Ok(()),
        }
    }
}
