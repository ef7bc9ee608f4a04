//! HTTP/1.1 messages as the SDK and the database send them: a head with `Content-Length`, and a body.

use std::io;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A request or a response.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    /// The first line and the headers, each with its line end, without the empty line at the end.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// The next message on the connection, or `None` if the connection was closed.
    pub(super) async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            match stream.read_line(&mut line).await? {
                0 => return Ok(None),
                _ if line == "\r\n" => break,
                _ => head += &line,
            }
        }
        let mut message = Self { head, body: Vec::new() };
        message.body = vec![0; message.header("content-length").parse().unwrap_or(0)];
        stream.read_exact(&mut message.body).await?;
        Ok(Some(message))
    }

    /// Sends this request to the server at `address` and returns the response.
    pub(super) async fn exchange(&self, address: &str) -> io::Result<Self> {
        let mut stream = BufReader::new(TcpStream::connect(address).await?);
        stream.write_all(&self.bytes()).await?;
        Ok(Self::read(&mut stream).await?.unwrap_or_default())
    }

    /// A response of `DynamoDB`.
    pub(super) fn response(status: u16, body: &str) -> Self {
        let head = format!("HTTP/1.1 {status} \r\nContent-Type: application/x-amz-json-1.0\r\n");
        Self { head, body: Vec::new() }.with_body(body.as_bytes())
    }

    /// This message with another body.
    pub(super) fn with_body(self, body: &[u8]) -> Self {
        let message = self.with_header("Content-Length", &body.len().to_string());
        Self { body: body.to_vec(), ..message }
    }

    /// This message with this header, which replaces headers of the same name.
    pub(super) fn with_header(self, name: &str, value: &str) -> Self {
        let is_other = |line: &&str| !line.split(':').next().unwrap_or_default().eq_ignore_ascii_case(name);
        let others: String = self.head.split_inclusive("\r\n").filter(is_other).collect();
        Self { head: format!("{others}{name}: {value}\r\n"), body: self.body }
    }

    /// The value of a header, or an empty string if it is missing.
    pub(super) fn header(&self, name: &str) -> &str {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(it, _)| it.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    /// The operation that a request calls, such as `GetItem`.
    pub(super) fn operation(&self) -> &str {
        self.header("x-amz-target").rsplit('.').next().unwrap_or_default()
    }

    /// The status of a response, or 0 for a request.
    pub(super) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The bytes on the wire.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.body].concat()
    }
}
