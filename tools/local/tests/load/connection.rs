//! A connection that stays open, and checks that hold for every answer.

use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Far longer than any answer takes, even on a machine that is too small for its load.
const LONGEST_ANSWER: Duration = Duration::from_secs(60);

/// An answer of the contract.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    head: Vec<(String, String)>,
}

impl Answer {
    /// The value of the session cookie that the answer sets; `None` if it sets none.
    pub(crate) fn session(&self) -> Option<String> {
        let mut cookies = self.head.iter().filter(|(name, _)| name == "set-cookie");
        let value = cookies.find_map(|(_, cookie)| cookie.strip_prefix("__Host-Http-session="))?;
        value.split(';').next().map(str::to_owned)
    }

    fn header(&self, name: &str) -> &str {
        self.head.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }

    /// Checks what holds for every answer, and for each status.
    fn check(self) -> Self {
        let (content_type, code) = match self.status {
            200 => ("application/json", ""),
            401 => ("application/problem+json", "NOT_AUTHENTICATED"),
            429 => ("application/problem+json", "TOO_MANY_REQUESTS"),
            503 => ("application/problem+json", "UNAVAILABLE"),
            other => panic!("{other}: {}", self.body),
        };
        assert_eq!(self.header("content-type"), content_type);
        assert!(self.body.contains(code), "{}", self.body);
        assert_eq!(
            (self.header("cache-control"), self.header("x-content-type-options")),
            ("no-store", "nosniff")
        );
        if self.status == 503 {
            assert_eq!((self.header("retry-after"), self.header("set-cookie")), ("5", ""));
        }
        self
    }
}

/// A connection from one address.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) async fn open(from: Ipv4Addr, port: u16) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        Self(BufReader::new(socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.unwrap()))
    }

    /// Sends a request with the session's cookie, if there is one.
    pub(crate) async fn send(&mut self, method: &str, session: Option<&str>, body: &str) -> Answer {
        let cookie = session.map(|session| format!("Cookie: __Host-Http-session={session}\r\n"));
        let request = format!(
            "{method} /sessions/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             {}Content-Length: {}\r\n\r\n{body}",
            cookie.unwrap_or_default(),
            body.len()
        );
        self.0.write_all(request.as_bytes()).await.unwrap();
        timeout(LONGEST_ANSWER, self.read()).await.expect("an answer").check()
    }

    async fn read(&mut self) -> Answer {
        let status = self.line().await.split(' ').nth(1).unwrap().parse().unwrap();
        let mut head = Vec::new();
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(": ") else { break };
            head.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut answer = Answer { status, body: String::new(), head };
        let mut body = vec![0; answer.header("content-length").parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        answer.body = String::from_utf8(body).unwrap();
        answer
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }
}
