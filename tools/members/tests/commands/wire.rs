//! HTTP as far as the SDK uses it: one request for each connection.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The lines of the head, each with its line end, and the body.
pub(crate) struct Request {
    pub(crate) head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// `None` for a connection that closes without a request.
    pub(crate) async fn read(connection: &mut TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(connection);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            if line == "\r\n" {
                break;
            }
            head.push(line);
        }
        let mut request = Self { head, body: Vec::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body).await.ok()?;
        Some(request)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.iter().filter_map(|line| line.split_once(':'));
        fields.filter(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }

    /// The answer of the server at `address` to this request, unchanged.
    pub(crate) async fn forward(&self, address: &str) -> Vec<u8> {
        let mut upstream = TcpStream::connect(address).await.unwrap();
        let request = [self.head.concat().as_bytes(), b"connection: close\r\n\r\n", &self.body].concat();
        upstream.write_all(&request).await.unwrap();
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer).await.unwrap();
        answer
    }
}

/// An answer with this status and body.
pub(crate) fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// Serves until the test ends. Returns the address.
pub(crate) async fn serve<F: Future<Output = Vec<u8>> + Send>(
    respond: impl Fn(Request) -> F + Clone + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let respond = respond.clone();
            tokio::spawn(async move {
                if let Some(request) = Request::read(&mut connection).await {
                    let _ = connection.write_all(&respond(request).await).await;
                }
            });
        }
    });
    endpoint
}
