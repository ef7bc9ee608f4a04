//! Standard output.

use crate::error::Error;
use crate::text::ascii_invisibles;
use serde::Serialize;
use std::fmt::Display;
use std::io::{BufWriter, Stdout, Write};

/// Standard output, as text for people or as JSON for programs.
pub(crate) struct Output {
    json: bool,
    stdout: BufWriter<Stdout>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, stdout: BufWriter::new(std::io::stdout()) }
    }

    /// A heading over a list, for people only.
    pub(crate) fn heading(&mut self, heading: &str) -> Result<(), Error> {
        if self.json { Ok(()) } else { self.line(heading) }
    }

    /// Prints one record on one line.
    pub(crate) fn record(&mut self, record: &(impl Serialize + Display)) -> Result<(), Error> {
        if self.json {
            let json = serde_json::to_string(record).expect("a struct of plain values is always JSON");
            self.line(&ascii_invisibles(&json))
        } else {
            self.line(&record.to_string())
        }
    }

    /// Must be called last, because an error in writing the rest of the buffer would otherwise be lost.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        self.stdout.flush().map_err(Error::Output)
    }

    fn line(&mut self, line: &str) -> Result<(), Error> {
        writeln!(self.stdout, "{line}").map_err(Error::Output)
    }
}
