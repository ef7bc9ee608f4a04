//! The report: a file that lists the rejected lines, and the loaded members who cannot log in yet.

use crate::error::Error;
use std::fmt::Display;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A CSV file with `line`, `loaded` (yes or no) and `reason`. The report contains no text from the lines.
#[derive(Debug)]
pub(crate) struct Report {
    path: PathBuf,
    file: csv::Writer<File>,
    lines: u64,
}

const COST_TOO_HIGH: &str =
    "the hash has a higher cost than BCRYPT_COST: no login until BCRYPT_COST is raised";

impl Report {
    /// Creates the report at `path`, or next to the file `input` if `path` is `None`. Replaces an earlier report, but
    /// never a link or a device.
    pub(crate) fn create(path: Option<&Path>, input: &Path) -> Result<Self, Error> {
        let path = path.map_or_else(|| input.with_extension("rejected.csv"), Path::to_owned);
        if path.canonicalize().is_ok_and(|path| input.canonicalize().is_ok_and(|input| input == path)) {
            return Err(Error::ReportIsInput(path));
        }
        let failed = |source| Error::Report { path: path.clone(), source };
        match path.symlink_metadata() {
            Ok(earlier) if earlier.is_file() => fs::remove_file(&path).map_err(failed)?,
            Ok(_) => return Err(Error::ReportIsNoFile(path)),
            Err(_) => {} // no file exists; any other error occurs again when the file is created
        }
        // Fails if a file or a link was created there in the meantime (POSIX, `open` with O_CREAT and O_EXCL).
        let file = File::create_new(&path).map_err(failed)?;
        let mut report = Self { path, file: csv::Writer::from_writer(file), lines: 0 };
        report.write(["line", "loaded", "reason"])?;
        Ok(report)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the report has no lines.
    pub(crate) const fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Adds a line that was rejected.
    pub(crate) fn refused(&mut self, line: u64, reason: &impl Display) -> Result<(), Error> {
        self.note(line, "no", &reason.to_string())
    }

    /// Adds a line that was loaded, but whose member cannot log in yet.
    pub(crate) fn cost_too_high(&mut self, line: u64) -> Result<(), Error> {
        self.note(line, "yes", COST_TOO_HIGH)
    }

    /// Closes the report. An empty one is deleted.
    pub(crate) fn end(mut self) -> Result<(), Error> {
        let ended = self.file.flush();
        let ended = if self.is_empty() { ended.and_then(|()| fs::remove_file(&self.path)) } else { ended };
        ended.map_err(|source| Error::Report { path: self.path.clone(), source })
    }

    fn note(&mut self, line: u64, loaded: &str, reason: &str) -> Result<(), Error> {
        self.lines += 1;
        self.write([&line.to_string(), loaded, reason])
    }

    fn write(&mut self, fields: [&str; 3]) -> Result<(), Error> {
        let failed =
            |error: csv::Error| Error::Report { path: self.path.clone(), source: io::Error::other(error) };
        self.file.write_record(fields).map_err(failed)
    }
}
