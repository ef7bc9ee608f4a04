//! HTTP as written on the wire, so that a test can send what no client library would send.

use local::Server;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Far longer than any answer takes.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);

/// The parts of an answer that the tests check.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    head: String,
}

impl Answer {
    /// The value of the header `name`, which the answer has once.
    pub(crate) fn header(&self, name: &str) -> &str {
        let [value] = self.headers(name)[..] else { panic!("not one {name}: {}", self.head) };
        value
    }

    /// All values of the header `name`, in their order.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.filter(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// The names of all headers, in lower case.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = String> {
        self.head.lines().filter_map(|line| Some(line.split_once(": ")?.0.to_ascii_lowercase()))
    }
}

/// Sends a request for `/sessions/` with more header lines and a body.
pub(crate) async fn send(server: &Server, target: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Answer {
    let body = body.as_ref();
    let mut lines = vec![format!("{target} HTTP/1.1"), "Host: localhost".to_owned()];
    lines.extend(headers.iter().map(|&line| line.to_owned()));
    lines.push(format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()));
    send_raw(server, &[lines.join("\r\n").as_bytes(), body].concat()).await
}

/// Sends `request` unchanged on a connection of its own. The request must ask for the connection to be
/// closed.
pub(crate) async fn send_raw(server: &Server, request: &[u8]) -> Answer {
    let mut connection = connect(server).await;
    // A server that has refused a body stops reading it.
    let _ = connection.write_all(request).await;
    let mut answer = Vec::new();
    let _ = timeout(LONGEST_ANSWER, connection.read_to_end(&mut answer)).await.expect("it closes in time");
    read(&String::from_utf8(answer).unwrap())
}

/// A connection to the server.
pub(crate) async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.url().strip_prefix("http://").unwrap()).await.unwrap()
}

/// The parts of what was received.
pub(crate) fn read(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, body: body.to_owned(), head: head.to_owned() }
}
