//! The lines of a file with any line ends: LF, CRLF or CR alone, even mixed.

use std::io::{self, BufRead};

/// Far more than an email, a hash and an id need, even in quotes.
pub(crate) const LONGEST_LINE_BYTES: usize = 4096;

/// Reads lines one by one, so that memory use does not grow with the file.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    text: R,
    is_after_cr: bool,
}

/// A line without its line end.
#[derive(Debug)]
pub(crate) enum Line {
    Text(Vec<u8>),
    TooLong,
}

impl Line {
    fn push(&mut self, part: &[u8]) {
        if let Self::Text(text) = self {
            text.extend_from_slice(part);
            if text.len() > LONGEST_LINE_BYTES {
                *self = Self::TooLong;
            }
        }
    }
}

impl<R: BufRead> Lines<R> {
    pub(crate) const fn new(text: R) -> Self {
        Self { text, is_after_cr: false }
    }

    /// The next bytes of the text, which remain unread. Empty at the end of the text.
    pub(crate) fn peek(&mut self) -> io::Result<&[u8]> {
        self.text.fill_buf()
    }

    /// The next line; `None` at the end of the text. A line end at the end of the text does not start another, empty
    /// line.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line>> {
        self.skip_rest_of_crlf()?;
        let mut line = None;
        loop {
            let buffer = self.text.fill_buf()?;
            if buffer.is_empty() {
                return Ok(line);
            }
            let end = buffer.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let read = end.unwrap_or(buffer.len());
            line.get_or_insert(Line::Text(Vec::new())).push(&buffer[..read]);
            self.is_after_cr = end.is_some_and(|end| buffer[end] == b'\r');
            self.text.consume(read + usize::from(end.is_some()));
            if end.is_some() {
                return Ok(line);
            }
        }
    }

    /// CRLF is one line end. The LF is skipped only before the next line is read, so that a line with a CR can be
    /// returned without waiting for more input.
    fn skip_rest_of_crlf(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_after_cr) && self.text.fill_buf()?.first() == Some(&b'\n') {
            self.text.consume(1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn lines(text: &[u8], buffer: usize) -> Vec<String> {
        let mut lines = Lines::new(BufReader::with_capacity(buffer, text));
        std::iter::from_fn(|| lines.next_line().unwrap())
            .map(|line| match line {
                Line::Text(text) => String::from_utf8(text).unwrap(),
                Line::TooLong => "too long".to_owned(),
            })
            .collect()
    }

    #[test]
    fn lf_crlf_and_cr_each_end_a_line_whatever_the_buffer_holds() {
        for buffer in 1..8 {
            assert_eq!(lines(b"a\nb\r\nc\rd", buffer), ["a", "b", "c", "d"]);
            assert_eq!(lines(b"a\r\r\n\n\rb\r\n", buffer), ["a", "", "", "", "b"]);
            assert_eq!(lines(b"a\r", buffer), ["a"]);
            assert!(lines(b"", buffer).is_empty());
        }
    }

    #[test]
    fn a_line_has_4096_bytes_at_most_and_the_next_one_is_read_from_its_beginning() {
        let text = ["x".repeat(4096), "x".repeat(4097), "y".to_owned()].join("\r\n");
        let lines = lines(text.as_bytes(), 100);
        assert_eq!((lines[0].len(), &lines[1][..], &lines[2][..]), (4096, "too long", "y"));
    }
}
