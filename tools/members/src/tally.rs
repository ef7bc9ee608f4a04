//! The counts of an import.

use crate::error::Error;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// How many lines there are, and what became of them so far.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tally {
    /// All lines of the file. Invariant: at the end of a run the sum of the next four, so that no line is
    /// lost without being counted.
    pub(crate) total: u64,
    /// Members that this run added.
    pub(crate) loaded: u64,
    /// Members who were there already, as their lines say.
    pub(crate) already_there: u64,
    /// Lines that are not loaded, which the report lists.
    pub(crate) rejected: u64,
    /// Blank lines and the heading.
    pub(crate) skipped: u64,
    /// Members, loaded or already there, whose hash is of a higher cost than can be verified.
    pub(crate) cost_too_high: u64,
    /// Whether it was stopped before the end.
    pub(crate) interrupted: bool,
    /// The report, if there is one.
    pub(crate) report: Option<PathBuf>,
}

impl Tally {
    /// Whether there are lines of which nothing became yet.
    pub(crate) const fn is_unfinished(&self) -> bool {
        self.open() > 0
    }

    /// Whether all is as the file wants it.
    pub(crate) fn verdict(&self) -> Result<(), Error> {
        if self.interrupted {
            return Err(Error::Interrupted);
        }
        match &self.report {
            Some(report) if self.rejected > 0 => {
                Err(Error::Rejected { rejected: self.rejected, report: report.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }

    const fn open(&self) -> u64 {
        self.total.saturating_sub(self.loaded + self.already_there + self.rejected + self.skipped)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { total, loaded, already_there, rejected, skipped, .. } = self;
        write!(f, "{total} lines: {loaded} loaded, {already_there} already there, {rejected} not loaded")?;
        if *skipped > 0 {
            write!(f, ", {skipped} blank or heading")?;
        }
        if self.is_unfinished() {
            write!(f, ", {} still to do", self.open())?;
        }
        if self.cost_too_high > 0 {
            write!(f, "; {} cannot log in until BCRYPT_COST is raised", self.cost_too_high)?;
        }
        self.report.as_ref().map_or(Ok(()), |report| write!(f, "; see {}", report.display()))
    }
}
