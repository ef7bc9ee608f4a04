//! Members of another application, moved in from a file.
//!
//! Nothing that is there is changed, and each member is added by one conditional write: so it can be
//! stopped anywhere, and run again. A first pass counts the lines and finds the highest member id to keep,
//! up to which the counter of the table must have come before any is kept.

use crate::error::Error;
use crate::interrupt;
use crate::loader::{Loader, Outcome};
use crate::report::Report;
use crate::rows::{Content, FileError, Rows};
use crate::seen::Seen;
use crate::tables::Tables;
use crate::tally::Tally;
use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use shared::member::MemberId;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::pin::pin;

/// How many rows are under way at once: enough to hide the way to AWS and back, few enough for a table that
/// has just been made.
const ROWS_AT_ONCE: usize = 32;

/// The file to import, and how its fields are separated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    pub(crate) separator: u8,
}

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
        source: Source<'_>,
        report: Option<&Path>,
    ) -> Result<Self, Error> {
        let interrupt = interrupt::listen()?;
        let (total, highest) = survey(source)?;
        let keepable = tables.members.ids().keepable(highest).await?;
        Ok(Self {
            loader: Loader { tables, keepable, interrupt },
            file: source.path.to_owned(),
            rows: open(source)?,
            seen: Seen::default(),
            report: Report::create(report, source.path)?,
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
        let handled = lines.map(|line| line.map(|(line, content)| (line, seen.check(content))));
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
fn survey(source: Source<'_>) -> Result<(u64, Option<MemberId>), Error> {
    let (mut lines, mut highest, mut is_empty) = (0, None, true);
    for line in open(source)? {
        let (line, content) = line.map_err(|error| unreadable(source.path, error))?;
        lines = line;
        is_empty &= matches!(content, Content::Skipped);
        if let Content::Member(row) = content {
            highest = highest.max(row.id);
        }
    }
    if is_empty { Err(unreadable(source.path, FileError::Empty)) } else { Ok((lines, highest)) }
}

/// The rows of a file that can be read again.
fn open(source: Source<'_>) -> Result<Rows<BufReader<File>>, Error> {
    let failed = |error: std::io::Error| unreadable(source.path, error.into());
    let file = File::open(source.path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(Error::NoFile(source.path.to_owned()));
    }
    Ok(Rows::new(BufReader::new(file), source.separator))
}

fn unreadable(path: &Path, source: FileError) -> Error {
    Error::Read { path: path.to_owned(), source }
}

/// Indicatif hides it where standard error is no terminal.
fn progress_bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len}, {per_sec}, {eta} left");
    ProgressBar::new(total).with_style(style.expect("the template is one"))
}

async fn handle(loader: &Loader<'_>, line: Result<(u64, Content), Error>) -> Result<Handled, Error> {
    tokio::task::yield_now().await; // or a file of nothing but bad lines could not be interrupted
    let (line, content) = line?;
    let without_a_call = |outcome| Ok(Handled { line, cost_too_high: false, outcome });
    match content {
        Content::Member(row) => {
            let cost_too_high = !loader.tables.passwords.can_verify(&row.hash);
            Ok(Handled { line, cost_too_high, outcome: loader.load(&row).await? })
        }
        Content::Skipped => without_a_call(Outcome::Skipped),
        Content::Refused(refusal) => without_a_call(Outcome::Refused(refusal)),
    }
}

fn note(handled: &Handled, tally: &mut Tally, report: &mut Report) -> Result<(), Error> {
    match &handled.outcome {
        Outcome::Interrupted => return Ok(()),
        Outcome::Skipped => tally.skipped += 1,
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
