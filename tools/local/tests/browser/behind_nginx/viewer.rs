//! A viewer with a loopback address of its own.

use super::nginx::Nginx;
use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::Value;
use std::net::IpAddr;

pub(crate) struct Viewer {
    client: Client,
    url: String,
}

/// The parts of an answer that the tests check.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Viewer {
    pub(crate) fn at(address: &str, nginx: &Nginx) -> Self {
        let address: IpAddr = address.parse().unwrap();
        let client = Client::builder().local_address(address).no_proxy().build().unwrap();
        Self { client, url: format!("http://{}/sessions/", nginx.address()) }
    }

    /// Sends a request for `www.example.org` with these headers.
    pub(crate) async fn send(&self, method: &str, headers: &[(&'static str, &str)]) -> Answer {
        let mut map = HeaderMap::from_iter([(HOST, HeaderValue::from_static("www.example.org"))]);
        for &(name, value) in headers {
            map.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let request = self.client.request(method.parse::<Method>().unwrap(), &self.url).headers(map);
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
        Answer { status, headers, body }
    }
}
