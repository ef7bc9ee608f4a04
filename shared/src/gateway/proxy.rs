//! A trusted proxy before the API, such as a CDN.
//!
//! Behind one, the gateway's peer is the proxy, and the gateway's host is not the site's. So the proxy sends the client's
//! address and the site's host in headers. Everybody can send headers, so they count only beside a secret that the proxy
//! and the functions share.

use crate::config::{ConfigError, Environment};
use crate::gateway::audit::{AuditContext, Event};
use crate::gateway::client::ClientAddress;
use crate::gateway::{Error, context};
use crate::timestamp::Timestamp;
use context::Forwarded;
use http::{HeaderMap, HeaderValue};
use lambda_http::Request;
use secrecy::{ExposeSecret, SecretString};
use std::ops::BitOr;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use subtle::{Choice, ConstantTimeEq};

/// One of the values of `PROXY_SECRET`.
const SECRET: &str = "x-proxy-secret";

/// The address of the proxy's client.
const CLIENT_IP: &str = "x-proxy-client-ip";

/// The host, and the port unless it is 443, to which the client sent the request.
const HOST: &str = "x-proxy-host";

/// The proxy that requests come through, if the deployment has one.
#[derive(Debug, Default)]
pub struct TrustedProxy {
    secrets: ProxySecrets,
    has_logged_cdn: AtomicBool,
    has_logged_address: AtomicBool,
}

impl TrustedProxy {
    /// From the variable `PROXY_SECRET`. Without it there is no trusted proxy.
    ///
    /// # Errors
    /// When the variable is bad. The error does not show its value.
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self { secrets: environment.parsed("PROXY_SECRET", "")?, ..Self::default() })
    }

    /// Decides, once for a request, who its client is and to which host the client sent it. Removes the headers that
    /// only the proxy may send, so that no code after this sees the secret.
    ///
    /// # Errors
    /// [`Error::ProxyRequired`] when the request went around the proxy.
    pub fn admit(&self, request: &mut Request, now: Timestamp) -> Result<(), Error> {
        let is_trusted = self.identify(request, now);
        if is_trusted || self.secrets.0.is_empty() { Ok(()) } else { Err(Error::ProxyRequired) }
    }

    /// The same as [`Self::admit`], but a request may also come around the proxy. Returns whether it came through it.
    pub fn identify(&self, request: &mut Request, now: Timestamp) -> bool {
        let headers = request.headers_mut();
        let secret = take(headers, SECRET);
        let forwarded = Forwarded { client_ip: take(headers, CLIENT_IP), host: take(headers, HOST) };
        let is_trusted = secret.is_some_and(|secret| self.secrets.contain(secret.as_bytes()));
        if is_trusted {
            request.extensions_mut().insert(forwarded);
        }
        self.log_shared_limits(request, now);
        is_trusted
    }

    /// Logs, once per instance each, what makes many clients share one bucket. No alarm depends on these lines, because
    /// every client can cause the first.
    fn log_shared_limits(&self, request: &Request, now: Timestamp) {
        let audit = || AuditContext::from_request(request, now);
        if self.secrets.0.is_empty() && came_through_cdn(request.headers()) {
            log_once(&self.has_logged_cdn, audit, Event::ProxyNotTrusted, CDN_SHARES_LIMITS);
        }
        if !ClientAddress::from_request(request).is_readable() {
            log_once(&self.has_logged_address, audit, Event::AddressUnreadable, ADDRESSES_SHARE_LIMITS);
        }
    }
}

const CDN_SHARES_LIMITS: &str =
    "all clients of a CDN share their limits, until PROXY_SECRET is set (BehindProxy in template.yaml)";

const ADDRESSES_SHARE_LIMITS: &str = "all clients without a readable address share their limits";

fn log_once(has_logged: &AtomicBool, audit: impl FnOnce() -> AuditContext, event: Event, reason: &str) {
    if !has_logged.swap(true, Ordering::Relaxed) {
        audit().record_because(event, reason);
    }
}

/// Whether the request has a header that Cloudflare or Amazon's CDN adds.
fn came_through_cdn(headers: &HeaderMap) -> bool {
    let is_cloudfront = |via: &HeaderValue| via.to_str().is_ok_and(|it| it.contains("cloudfront"));
    headers.contains_key("cf-ray") || headers.get_all(http::header::VIA).iter().any(is_cloudfront)
}

/// Removes the header. Returns its value, if there was exactly one: of two, the first could be the client's own.
fn take(headers: &mut HeaderMap, name: &str) -> Option<HeaderValue> {
    let is_single = headers.get_all(name).iter().nth(1).is_none();
    headers.remove(name).filter(|_| is_single)
}

/// The secrets that a proxy may send. Several, so that they can be rotated. Empty without a proxy.
#[derive(Debug, Default)]
struct ProxySecrets(Vec<SecretString>);

impl ProxySecrets {
    /// Whether `sent` is one of the secrets. The time depends on the lengths alone.
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

/// One that is sent, one that replaces it, and one more for a proxy that is slow to change.
const MOST_SECRETS: usize = 3;

/// Long enough that nobody guesses a random one, and with characters that every proxy's configuration takes as they are.
fn is_secret(text: &str) -> bool {
    (32..=128).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c))
}

/// A `PROXY_SECRET` that is malformed. Holds nothing of it.
#[derive(Debug, thiserror::Error)]
#[error("must be one to three secrets of 32 to 128 characters A-Z a-z 0-9 - _, separated by commas")]
struct InvalidProxySecret;

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(secrets: &str) -> Result<TrustedProxy, ConfigError> {
        TrustedProxy::from_env(&std::iter::once(("PROXY_SECRET".to_owned(), secrets.to_owned())).collect())
    }

    fn request(headers: &[(&'static str, &str)]) -> Request {
        let mut request = Request::default();
        for &(name, value) in headers {
            request.headers_mut().append(name, value.parse().unwrap());
        }
        request
    }

    #[test]
    fn a_secret_is_long_and_plain_and_one_of_three_at_most() {
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
    fn the_proxys_headers_do_not_get_past_it() {
        let secret = "s".repeat(32);
        for secrets in ["", &secret] {
            let mut request = request(&[(SECRET, &secret), (SECRET, "x"), (CLIENT_IP, "x"), (HOST, "x")]);
            let _ = proxy(secrets).unwrap().admit(&mut request, Timestamp::default());
            assert!(request.headers().is_empty());
        }
    }

    #[test]
    fn a_doubled_header_of_a_rest_api_is_worth_nothing() {
        let (secret, proxy) = ("s".repeat(32), proxy(&"s".repeat(32)).unwrap());
        assert!(!proxy.identify(&mut request(&[(SECRET, &secret), (SECRET, &secret)]), Timestamp::default()));
        let mut request = request(&[(SECRET, &secret), (CLIENT_IP, "192.0.2.1"), (CLIENT_IP, "192.0.2.1")]);
        assert!(proxy.identify(&mut request, Timestamp::default()));
        assert!(!ClientAddress::from_request(&request).is_readable());
    }
}
