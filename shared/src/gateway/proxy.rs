//! A trusted proxy in front of the API, such as a CDN.
//!
//! Behind a proxy, the gateway sees the proxy's address instead of the client's, and its own host instead of the
//! site's. So the proxy sends the client's address and the site's host in headers. Any client can send such headers, so
//! the functions trust them only together with a secret that the proxy shares.

use crate::config::{ConfigError, Environment};
use crate::gateway::audit::{AuditContext, Event};
use crate::gateway::client::ClientAddress;
use crate::gateway::{Error, Request, RequestParts};
use http::{HeaderMap, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use std::ops::BitOr;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use subtle::{Choice, ConstantTimeEq};

/// The header with one of the values of `PROXY_SECRET`.
const SECRET: &str = "x-proxy-secret";

/// The header with the address of the proxy's client.
const CLIENT_IP: &str = "x-proxy-client-ip";

/// The header with the host to which the client sent the request. The host includes the port, unless the port is 443.
const HOST: &str = "x-proxy-host";

/// The proxy that requests come through, if the deployment has one.
#[derive(Debug, Default)]
pub struct TrustedProxy {
    secrets: ProxySecrets,
    has_logged_cdn: AtomicBool,
    has_logged_address: AtomicBool,
}

impl TrustedProxy {
    /// Reads `PROXY_SECRET`. If the variable is missing, there is no trusted proxy.
    ///
    /// # Errors
    /// When the variable is bad. The error does not show its value.
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self { secrets: environment.parsed("PROXY_SECRET", "")?, ..Self::default() })
    }

    /// Determines the client and the host of a request. Removes the headers that only the proxy may send, so that no
    /// later code sees the secret.
    pub(super) fn identify(&self, parts: &mut RequestParts) -> Sender {
        let headers = &mut parts.headers;
        let secret = take(headers, SECRET);
        let (client_ip, host) = (take(headers, CLIENT_IP), take(headers, HOST));
        if secret.is_some_and(|secret| self.secrets.contain(secret.as_bytes())) {
            let client = ClientAddress::parse(text(client_ip.as_ref()));
            return Sender { client, host: text(host.as_ref()).map(str::to_owned), is_proxy: true };
        }
        let client = ClientAddress::parse(parts.source_ip.as_deref());
        Sender { client, host: text(headers.get(header::HOST)).map(str::to_owned), is_proxy: false }
    }

    /// If there is a proxy, requires that the request came through it.
    pub(super) fn require(&self, request: &Request) -> Result<(), Error> {
        if request.is_from_proxy() || self.secrets.0.is_empty() { Ok(()) } else { Err(Error::ProxyRequired) }
    }

    /// Logs why many clients share one bucket, once per instance and cause. No alarm depends on these lines, because
    /// any client can cause the line about a CDN.
    pub(super) fn log_shared_limits(&self, request: &Request) {
        let audit = request.audit();
        if self.secrets.0.is_empty() && came_through_cdn(request.headers()) {
            log_once(&self.has_logged_cdn, audit, Event::ProxyNotTrusted, CDN_SHARES_LIMITS);
        }
        if !request.client().is_readable() {
            log_once(&self.has_logged_address, audit, Event::AddressUnreadable, ADDRESSES_SHARE_LIMITS);
        }
    }
}

/// The client that sent a request, and the host to which the client sent the request.
pub(super) struct Sender {
    pub(super) client: ClientAddress,
    pub(super) host: Option<String>,
    pub(super) is_proxy: bool,
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value?.to_str().ok()
}

const CDN_SHARES_LIMITS: &str =
    "all clients of a CDN share one set of limits until PROXY_SECRET is set (BehindProxy in template.yaml)";

const ADDRESSES_SHARE_LIMITS: &str = "all clients without a readable address share one set of limits";

fn log_once(has_logged: &AtomicBool, audit: &AuditContext, event: Event, reason: &str) {
    if !has_logged.swap(true, Ordering::Relaxed) {
        audit.record_because(event, reason);
    }
}

/// Whether the request has a header that Cloudflare or Amazon's CDN adds.
fn came_through_cdn(headers: &HeaderMap) -> bool {
    let is_cloudfront = |via: &HeaderValue| via.to_str().is_ok_and(|it| it.contains("cloudfront"));
    headers.contains_key("cf-ray") || headers.get_all(header::VIA).iter().any(is_cloudfront)
}

/// Removes the header. Returns its value if there was exactly one, because one of two values could come from the
/// client.
fn take(headers: &mut HeaderMap, name: &str) -> Option<HeaderValue> {
    let is_single = headers.get_all(name).iter().nth(1).is_none();
    headers.remove(name).filter(|_| is_single)
}

/// The secrets that a proxy may send. Several secrets make rotation possible. Without a proxy, the list is empty.
#[derive(Debug, Default)]
struct ProxySecrets(Vec<SecretString>);

impl ProxySecrets {
    /// Whether `sent` is one of the secrets. The time depends only on the lengths.
    fn contain(&self, sent: &[u8]) -> bool {
        let matches = |secret: &SecretString| secret.expose_secret().as_bytes().ct_eq(sent);
        self.0.iter().map(matches).fold(Choice::from(0), BitOr::bitor).into()
    }
}

impl FromStr for ProxySecrets {
    type Err = InvalidProxySecret;

    fn from_str(list: &str) -> Result<Self, InvalidProxySecret> {
        let secrets: Vec<_> = if list.is_empty() { Vec::new() } else { list.split(',').collect() };
        if secrets.len() > MOST_SECRETS || !secrets.iter().all(|secret| is_secret(secret)) {
            return Err(InvalidProxySecret);
        }
        Ok(Self(secrets.into_iter().map(SecretString::from).collect()))
    }
}

/// The current secret, its replacement, and one more for a proxy that is slow to change.
const MOST_SECRETS: usize = 3;

/// Whether the text is long enough for a random secret that cannot be guessed, and has no characters that a proxy's
/// configuration would have to escape.
fn is_secret(text: &str) -> bool {
    (32..=128).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c))
}

/// `PROXY_SECRET` is malformed. The error does not contain its value.
#[derive(Debug, thiserror::Error)]
#[error("must be one to three secrets of 32 to 128 characters A-Z a-z 0-9 - _, separated by commas")]
struct InvalidProxySecret;

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(secrets: &str) -> Result<TrustedProxy, ConfigError> {
        TrustedProxy::from_env(&std::iter::once(("PROXY_SECRET".to_owned(), secrets.to_owned())).collect())
    }

    fn parts(headers: &[(&'static str, &str)]) -> RequestParts {
        let mut parts = RequestParts::default();
        for &(name, value) in headers {
            parts.headers.append(name, value.parse().unwrap());
        }
        parts
    }

    #[test]
    fn a_proxy_has_up_to_three_long_plain_secrets() {
        let (short, long) = ("s".repeat(32), "-_aZ09Bc".repeat(16));
        for good in [String::new(), short.clone(), long.clone(), [&*short, &*long, &*short].join(",")] {
            assert!(proxy(&good).is_ok(), "{good}");
        }
        for bad in [
            "s".repeat(31),
            "s".repeat(129),
            format!("{short},"),
            format!(",{short}"),
            format!("{short}, {short}"),
            format!("{short} "),
            format!("{}+", "s".repeat(32)),
            format!("{}\u{e9}", "s".repeat(32)),
            [&*short; 4].join(","),
        ] {
            let error = proxy(&bad).unwrap_err().to_string();
            assert!(error.starts_with("PROXY_SECRET must be one to three secrets"), "{error}");
            assert!(!error.contains("ssss"), "{error}");
        }
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        assert!(!format!("{:?}", proxy(&"s".repeat(32))).contains("ssss"));
    }

    #[test]
    fn the_headers_of_the_proxy_are_removed() {
        let secret = "s".repeat(32);
        for secrets in ["", &secret] {
            let mut parts = parts(&[(SECRET, &secret), (SECRET, "x"), (CLIENT_IP, "x"), (HOST, "x")]);
            proxy(secrets).unwrap().identify(&mut parts);
            assert!(parts.headers.is_empty());
        }
    }

    #[test]
    fn a_repeated_proxy_header_is_ignored() {
        let (secret, proxy) = ("s".repeat(32), proxy(&"s".repeat(32)).unwrap());
        assert!(!proxy.identify(&mut parts(&[(SECRET, &secret), (SECRET, &secret)])).is_proxy);
        let twice = [(SECRET, &*secret), (CLIENT_IP, "192.0.2.1"), (CLIENT_IP, "192.0.2.1")];
        let sender = proxy.identify(&mut parts(&twice));
        assert!(sender.is_proxy && !sender.client.is_readable());
    }
}
