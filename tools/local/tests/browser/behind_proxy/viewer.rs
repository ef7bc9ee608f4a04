//! A viewer with its own loopback address.

use super::proxy::Proxy;
use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::Value;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Far longer than a proxy remembers an address.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

pub(crate) struct Viewer {
    client: Client,
    url: String,
}

/// The parts of a response that the tests check.
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Viewer {
    pub(crate) fn at(address: &str, proxy: &Proxy) -> Self {
        let address: IpAddr = address.parse().unwrap();
        let client = Client::builder().local_address(address).no_proxy().build().unwrap();
        Self { client, url: format!("http://{}/sessions/", proxy.address()) }
    }

    /// Sends a request for `www.example.org` with these headers.
    pub(crate) async fn send(&self, method: &str, headers: &[(&'static str, &str)]) -> Response {
        self.try_send(method, headers).await.unwrap()
    }

    async fn try_send(&self, method: &str, headers: &[(&'static str, &str)]) -> reqwest::Result<Response> {
        let mut map = HeaderMap::from_iter([(HOST, HeaderValue::from_static("www.example.org"))]);
        for &(name, value) in headers {
            map.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let request = self.client.request(method.parse::<Method>().unwrap(), &self.url).headers(map);
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        Ok(Response { status, headers, body })
    }

    /// Repeats a request until the status is one of these. A proxy looks a name up again after a second. `HAProxy`
    /// closes the viewer's connection when `HAProxy` loses its own connection to the API.
    pub(crate) async fn wait_for(&self, statuses: &[u16]) {
        let begun = Instant::now();
        loop {
            let status = self.try_send("GET", &[]).await.map(|response| response.status);
            if status.as_ref().is_ok_and(|status| statuses.contains(status)) {
                return;
            }
            assert!(begun.elapsed() < LONGEST_WAIT, "still {status:?}, and not {statuses:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
