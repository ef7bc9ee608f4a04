//! Standard output.

use crate::error::Error;
use crate::text::ascii_invisibles;
use futures_util::{Stream, TryStreamExt};
use serde::Serialize;
use shared::store::StoreError;
use std::fmt::Display;
use std::io::{BufWriter, Stdout, Write};
use std::pin::pin;

/// Standard output, as text for people or as JSON for programs.
pub(crate) struct Output {
    json: bool,
    stdout: BufWriter<Stdout>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, stdout: BufWriter::new(std::io::stdout()) }
    }

    /// Prints a list, with a heading for people. The first record is read before the heading is printed, so that an error
    /// prints nothing else.
    pub(crate) async fn list<R: Serialize + Display>(
        &mut self,
        heading: &str,
        records: impl Stream<Item = Result<R, StoreError>>,
    ) -> Result<(), Error> {
        let mut records = pin!(records);
        let mut next = records.try_next().await?;
        if !self.json {
            self.line(heading)?;
        }
        while let Some(record) = next {
            self.record(&record)?;
            next = records.try_next().await?;
        }
        self.end()
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

    /// Writes the rest of the buffer. Must be called at the end, because an error would otherwise be lost.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        self.stdout.flush().map_err(Error::Output)
    }

    fn line(&mut self, line: &str) -> Result<(), Error> {
        writeln!(self.stdout, "{line}").map_err(Error::Output)
    }
}
