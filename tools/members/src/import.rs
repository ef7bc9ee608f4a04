//! Imports members of another application from a file.
//!
//! An import changes no existing member, and adds each member with a conditional write. So an import can be stopped at
//! any point and run again. The first pass counts the lines. The second pass adds the members who keep an id. The third
//! pass adds the members who get a new id, so that no member gets an id that a later row keeps.

mod columns;
mod fields;
mod foreign_hash;
mod lines;
mod loader;
mod report;
pub mod rows;
mod seen;
mod tally;

use crate::error::Error;
use crate::import::loader::{Loader, Outcome};
use crate::import::report::Report;
use crate::import::rows::{Content, FileError, Refusal, Rows};
use crate::import::seen::Seen;
use crate::import::tally::Tally;
use crate::tables::Tables;
use crate::terminal::interrupt;
use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::pin::pin;

/// How many rows are written concurrently: enough to hide the round trip to AWS, and few enough for a new table.
const ROWS_AT_ONCE: usize = 32;

/// The file to import, and how its lines are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    pub(crate) separator: u8,
    pub(crate) without_password: bool,
}

/// An import that is ready to start.
pub(crate) struct Import<'a> {
    loader: Loader<'a>,
    source: Source<'a>,
    report: Report,
    tally: Tally,
}

/// A line and its outcome.
struct Handled {
    line: u64,
    cost_too_high: bool,
    without_password: bool,
    outcome: Outcome,
}

impl<'a> Import<'a> {
    /// Reads the file once to count its lines.
    pub(crate) async fn prepare(
        tables: &'a Tables,
        source: Source<'a>,
        report: Option<&Path>,
    ) -> Result<Self, Error> {
        let total = count_lines(source)?;
        tables.accounts.sessions().epochs().get(None).await?; // fails before anything is written if the database is unreachable
        Ok(Self {
            loader: Loader { tables, interrupt: interrupt::listen() },
            source,
            report: Report::create(report, source.path)?,
            tally: Tally { total, ..Tally::default() },
        })
    }

    /// Loads rows until the end or an interrupt. The counts are exact in both cases.
    pub(crate) async fn run(mut self) -> (Tally, Result<(), Error>) {
        let loaded = self.load_all().await;
        self.tally.interrupted = self.loader.interrupt.peek().is_some() && self.tally.is_unfinished();
        self.tally.report = (!self.report.is_empty()).then(|| self.report.path().to_owned());
        let ended = self.report.end();
        let verdict = verdict(&self.tally);
        (self.tally, loaded.and(ended).and(verdict))
    }

    async fn load_all(&mut self) -> Result<(), Error> {
        let bar = progress_bar(self.tally.total);
        for pass in [Pass::Numbered, Pass::Unnumbered] {
            self.load(pass, &bar).await?;
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Loads the rows of one pass. Both passes read all rows, so that both find the same duplicates.
    async fn load(&mut self, pass: Pass, bar: &ProgressBar) -> Result<(), Error> {
        let (loader, mut seen) = (&self.loader, Seen::default());
        let rows = open(self.source)?;
        let lines = stream::iter(rows).take_until(loader.interrupt.clone());
        let lines = lines.map(|line| line.map_err(|source| unreadable(self.source.path, source)));
        let checked = lines.map(|line| line.map(|(line, content)| (line, seen.check(content))));
        let of_pass = checked.filter(|line| {
            let is_of_pass = line.as_ref().map_or(true, |(_, content)| pass.has(content));
            async move { is_of_pass }
        });
        let mut handled = pin!(of_pass.map(|line| handle(loader, line)).buffered(ROWS_AT_ONCE));
        while let Some(handled) = handled.next().await {
            note(&handled?, &mut self.tally, &mut self.report)?;
            bar.inc(1);
        }
        Ok(())
    }
}

/// A pass over the rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Handles all lines except those of members without an id.
    Numbered,
    /// Handles the lines of members without an id.
    Unnumbered,
}

impl Pass {
    fn has(self, content: &Content) -> bool {
        let is_unnumbered = matches!(content, Content::Member(row) if row.id.is_none());
        is_unnumbered == (self == Self::Unnumbered)
    }
}

fn count_lines(source: Source<'_>) -> Result<u64, Error> {
    let (mut lines, mut is_empty) = (0, true);
    for line in open(source)? {
        let (line, content) = line.map_err(|error| unreadable(source.path, error))?;
        lines = line;
        is_empty &= matches!(content, Content::Skipped);
    }
    if is_empty { Err(unreadable(source.path, FileError::Empty)) } else { Ok(lines) }
}

/// The rows of a file that can be read more than once.
fn open(source: Source<'_>) -> Result<Rows<BufReader<File>>, Error> {
    let failed = |error: std::io::Error| unreadable(source.path, error.into());
    let file = File::open(source.path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(Error::NoFile(source.path.to_owned()));
    }
    Ok(Rows::new(BufReader::new(file), source.separator).without_password(source.without_password))
}

fn unreadable(path: &Path, source: FileError) -> Error {
    Error::Read { path: path.to_owned(), source: source.into() }
}

/// Fails if some lines were rejected, or have no outcome yet because of an interrupt.
fn verdict(tally: &Tally) -> Result<(), Error> {
    if tally.is_unfinished() {
        return Err(Error::Interrupted);
    }
    match &tally.report {
        Some(report) if tally.rejected > 0 => {
            let Tally { rejected, foreign_hashes, .. } = *tally;
            Err(Error::Rejected { rejected, foreign_hashes, report: report.clone() })
        }
        Some(_) | None => Ok(()),
    }
}

/// Indicatif hides the bar unless standard error is a terminal.
fn progress_bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len}, {per_sec}, {eta} left");
    ProgressBar::new(total).with_style(style.expect("the template is one"))
}

async fn handle(loader: &Loader<'_>, line: Result<(u64, Content), Error>) -> Result<Handled, Error> {
    tokio::task::yield_now().await; // so that an interrupt also stops a file of bad lines
    let (line, content) = line?;
    let mut handled =
        Handled { line, cost_too_high: false, without_password: false, outcome: Outcome::Skipped };
    match content {
        Content::Member(row) => {
            let passwords = &loader.tables.passwords;
            handled.cost_too_high = row.hash.as_ref().is_some_and(|hash| !passwords.can_verify(hash));
            handled.without_password = row.hash.is_none();
            handled.outcome = loader.load(&row).await?;
        }
        Content::Skipped => {}
        Content::Refused(refusal) => handled.outcome = Outcome::Refused(refusal),
    }
    Ok(handled)
}

fn note(handled: &Handled, tally: &mut Tally, report: &mut Report) -> Result<(), Error> {
    match &handled.outcome {
        Outcome::Interrupted => return Ok(()),
        Outcome::Skipped => tally.skipped += 1,
        Outcome::Refused(refusal) => {
            tally.rejected += 1;
            tally.foreign_hashes += u64::from(matches!(refusal, Refusal::Hash(_)));
            return report.refused(handled.line, refusal);
        }
        Outcome::Loaded => tally.loaded += 1,
        Outcome::AlreadyThere => tally.already_there += 1,
    }
    tally.without_password += u64::from(handled.without_password);
    if handled.cost_too_high {
        tally.cost_too_high += 1;
        report.cost_too_high(handled.line)?;
    }
    Ok(())
}
