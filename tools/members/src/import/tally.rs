//! The counts of an import.

use crate::text::lines;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// The number of lines, and their outcomes so far.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tally {
    /// All lines of the file. Invariant: at the end of a run this is the sum of the next four counts, so that
    /// no line is lost without being counted.
    pub(crate) total: u64,
    /// Members that this run added.
    pub(crate) loaded: u64,
    /// Members who existed before, exactly as in their lines.
    pub(crate) already_there: u64,
    /// Lines that were rejected. The report lists them.
    pub(crate) rejected: u64,
    /// Empty lines and the heading.
    pub(crate) skipped: u64,
    /// Members, loaded or existing, whose hash has a higher cost than the functions accept.
    pub(crate) cost_too_high: u64,
    /// Members, loaded or existing, whose line has no hash that could be loaded.
    pub(crate) without_password: u64,
    /// Rejected lines whose hash is missing or of another kind.
    #[serde(skip)]
    pub(crate) foreign_hashes: u64,
    /// Whether the run was interrupted.
    pub(crate) interrupted: bool,
    /// The path of the report, if there is one.
    pub(crate) report: Option<PathBuf>,
}

impl Tally {
    /// Whether some lines have no outcome yet.
    pub(crate) const fn is_unfinished(&self) -> bool {
        self.open() > 0
    }

    const fn open(&self) -> u64 {
        self.total.saturating_sub(self.loaded + self.already_there + self.rejected + self.skipped)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { total, loaded, already_there, rejected, skipped, .. } = self;
        let total = lines(*total);
        write!(f, "{total}: {loaded} loaded, {already_there} already there, {rejected} not loaded")?;
        if *skipped > 0 {
            write!(f, ", {skipped} empty or heading")?;
        }
        if self.is_unfinished() {
            write!(f, ", {} still to do", self.open())?;
        }
        if self.cost_too_high > 0 {
            write!(f, "; {} cannot log in until BCRYPT_COST is raised", self.cost_too_high)?;
        }
        if self.without_password > 0 {
            write!(f, "; {} without a password, who cannot log in until one is set", self.without_password)?;
        }
        self.report.as_ref().map_or(Ok(()), |report| write!(f, "; see {}", report.display()))
    }
}
