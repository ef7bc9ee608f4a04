//! Requests to the server, and the parts of its responses that the tests check.

use local::Server;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Far longer than any response takes.
const LONGEST_RESPONSE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Response {
    /// The value of the header `name`, which must occur exactly once.
    pub(crate) fn header(&self, name: &str) -> &str {
        let [value] = self.headers(name)[..] else { panic!("not one {name}: {:?}", self.headers) };
        value
    }

    /// All values of the header `name`, in the order of the response.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

/// Sends a request such as `GET /sessions/` with these header lines and a body.
pub(crate) async fn send(server: &Server, target: &str, headers: &[&str], body: &str) -> Response {
    let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
    let (method, path) = target.split_once(' ').unwrap();
    let request = client.request(method.parse::<Method>().unwrap(), format!("{}{path}", server.url()));
    let request =
        headers.iter().map(|line| line.split_once(": ").unwrap()).fold(request, |request, field| {
            request.header(field.0.parse::<HeaderName>().unwrap(), field.1.parse::<HeaderValue>().unwrap())
        });
    let response = request.body(body.to_owned()).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Response { status, headers, body: response.text().await.unwrap() }
}

/// Sends bytes that no client library would send. The request must have `Connection: close`. Returns the status and the
/// body of the response.
pub(crate) async fn send_raw(server: &Server, request: &[u8]) -> (u16, String) {
    let mut connection = connect(server).await;
    connection.write_all(request).await.unwrap();
    let mut response = String::new();
    timeout(LONGEST_RESPONSE, connection.read_to_string(&mut response)).await.expect("in time").unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no response: {response:?}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// A connection to the server.
pub(crate) async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.url().strip_prefix("http://").unwrap()).await.unwrap()
}
