//! Members of another application, moved in from a file.
//!
//! Nothing that is there is changed, and each member is added by one conditional write: so it can be
//! stopped anywhere, and run again. A first pass counts the lines and finds the highest member id to keep,
//! up to which the counter of the table must have come before any is kept.

use crate::error::Error;
use crate::interrupt;
use crate::loader::{Loader, Outcome};
use crate::refusal::Refusal;
use crate::report::Report;
use crate::rows::{Row, Rows};
use crate::seen::Seen;
use crate::tables::Tables;
use crate::tally::Tally;
use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use shared::members::MemberId;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::pin::pin;

/// How many rows are under way at once: enough to hide the way to AWS and back, few enough for a table that
/// has just been made.
const ROWS_AT_ONCE: usize = 32;

/// An import that is about to begin.
pub(crate) struct Import<'a> {
    loader: Loader<'a>,
    file: PathBuf,
    rows: Rows<BufReader<File>>,
    seen: Seen,
    report: Report,
    tally: Tally,
}

/// A line, and what became of it.
struct Handled {
    line: u64,
    cost_too_high: bool,
    outcome: Outcome,
}

impl<'a> Import<'a> {
    /// Reads the file once, and makes room for the member ids in it.
    pub(crate) async fn prepare(
        tables: &'a Tables,
        file: &Path,
        report: Option<&Path>,
    ) -> Result<Self, Error> {
        let interrupt = interrupt::listen()?;
        let (total, _) = survey(file)?;
        Ok(Self {
            loader: Loader { tables, interrupt },
            file: file.to_owned(),
            rows: open(file)?,
            seen: Seen::default(),
            report: Report::create(report, file)?,
            tally: Tally { total, ..Tally::default() },
        })
    }

    /// Loads what can be loaded, until the end or an interrupt. The counts are right in either case.
    pub(crate) async fn run(mut self) -> (Tally, Result<(), Error>) {
        let loaded = self.load_all().await;
        self.tally.interrupted = self.loader.interrupt.peek().is_some() && self.tally.is_unfinished();
        self.tally.report = (!self.report.is_empty()).then(|| self.report.path().to_owned());
        let ended = self.report.end();
        let verdict = self.tally.verdict();
        (self.tally, loaded.and(ended).and(verdict))
    }

    async fn load_all(&mut self) -> Result<(), Error> {
        let (bar, loader, seen) = (progress_bar(self.tally.total), &self.loader, &mut self.seen);
        let lines = stream::iter(&mut self.rows).take_until(loader.interrupt.clone());
        let lines = lines.map(|line| line.map_err(|source| unreadable(&self.file, source)));
        let handled = lines.map(|line| line.map(|(line, row)| (line, new(row, seen))));
        let mut handled = pin!(handled.map(|line| handle(loader, line)).buffered(ROWS_AT_ONCE));
        while let Some(handled) = handled.next().await {
            note(&handled?, &mut self.tally, &mut self.report)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    }
}

/// The number of lines, and the highest member id that is to be kept.
fn survey(file: &Path) -> Result<(u64, Option<MemberId>), Error> {
    open(file)?.try_fold((0, None), |(lines, highest), line| {
        let (_, row) = line.map_err(|source| unreadable(file, source))?;
        Ok((lines + 1, highest.max(row.ok().and_then(|row| row.id))))
    })
}

/// The rows of a file that can be read again.
fn open(path: &Path) -> Result<Rows<BufReader<File>>, Error> {
    let file = File::open(path).map_err(|source| unreadable(path, source))?;
    if !file.metadata().map_err(|source| unreadable(path, source))?.is_file() {
        return Err(Error::NoFile(path.to_owned()));
    }
    Ok(Rows::of(BufReader::new(file)))
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::Read { path: path.to_owned(), source }
}

/// Indicatif hides it where standard error is no terminal.
fn progress_bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len}, {per_sec}, {eta} left");
    ProgressBar::new(total).with_style(style.expect("the template is one"))
}

/// `row`, if neither its email nor its member id stood in an earlier line.
fn new(row: Result<Row, Refusal>, seen: &mut Seen) -> Result<Row, Refusal> {
    let row = row?;
    seen.note(&row).map(|()| row)
}

async fn handle(
    loader: &Loader<'_>,
    line: Result<(u64, Result<Row, Refusal>), Error>,
) -> Result<Handled, Error> {
    tokio::task::yield_now().await; // or a file of nothing but bad lines could not be interrupted
    let (line, row) = line?;
    match row {
        Ok(row) => {
            let cost_too_high = !loader.tables.passwords.can_verify(&row.hash);
            Ok(Handled { line, cost_too_high, outcome: loader.load(&row).await? })
        }
        Err(refusal) => Ok(Handled { line, cost_too_high: false, outcome: Outcome::Refused(refusal) }),
    }
}

fn note(handled: &Handled, tally: &mut Tally, report: &mut Report) -> Result<(), Error> {
    match &handled.outcome {
        Outcome::Interrupted => return Ok(()),
        Outcome::Refused(refusal) => {
            tally.rejected += 1;
            return report.refused(handled.line, refusal);
        }
        Outcome::Loaded => tally.loaded += 1,
        Outcome::AlreadyThere => tally.already_there += 1,
    }
    if handled.cost_too_high {
        tally.cost_too_high += 1;
        report.cost_too_high(handled.line)?;
    }
    Ok(())
}
