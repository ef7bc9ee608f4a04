//! The client of a request: its address and its origin.

use crate::gateway::{Error, context};
use http::{HeaderMap, Uri, header};
use lambda_http::Request;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The address whose bucket a request takes from.
///
/// It is the gateway's own record of its peer, never a header: every client can send `X-Forwarded-For` and the like. An
/// IPv6 address counts by its /56, the usual size of one customer's network (RIPE-690, section 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddress(Option<IpAddr>);

impl ClientAddress {
    /// The source address in the gateway's event. Events with a missing or malformed address share one bucket.
    #[must_use]
    pub fn from_request(request: &Request) -> Self {
        let source = context::source_ip(request).and_then(|ip| ip.parse().ok());
        Self(source.map(|ip: IpAddr| ip.to_canonical()))
    }
}

impl ClientAddress {
    /// The network that the address is in: the family, then the IPv4 /16 or the IPv6 /32. An attacker gets addresses of
    /// one such network far more easily than of many. All unreadable addresses are one network.
    #[must_use]
    pub const fn network(&self) -> [u8; 5] {
        match self.0 {
            Some(IpAddr::V4(ip)) => {
                let [a, b, ..] = ip.octets();
                [4, a, b, 0, 0]
            }
            Some(IpAddr::V6(ip)) => {
                let [a, b, c, d, ..] = ip.octets();
                [6, a, b, c, d]
            }
            None => [0; 5],
        }
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Some(IpAddr::V6(ip)) => write!(f, "{}/56", customer_network(ip)),
            None => f.write_str("unknown"),
        }
    }
}

fn customer_network(ip: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << (128 - 56)))
}

/// The origins, besides the API's own, whose pages may log in and out: `ALLOWED_ORIGINS`, separated by commas. The
/// cookies are `SameSite=Strict`, so only origins of the API's own site can use them.
#[derive(Clone, Debug, Default)]
pub struct AllowedOrigins(Vec<Origin>);

impl AllowedOrigins {
    /// Refuses a request from a page of another site, by Fetch Metadata and by origin (OWASP, "Cross-Site Request
    /// Forgery Prevention Cheat Sheet"). A request with neither header is not a browser's, and passes.
    ///
    /// # Errors
    /// [`Error::CrossSite`].
    pub fn check(&self, request: &Request) -> Result<(), Error> {
        let headers = request.headers();
        let origins: Vec<_> = headers.get_all(header::ORIGIN).iter().collect();
        let all_allowed =
            origins.iter().all(|origin| origin.to_str().is_ok_and(|it| self.allow(it, headers)));
        let site_allowed = match headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes) {
            Some(b"cross-site") => false,
            Some(b"same-site") => !origins.is_empty(),
            Some(_) | None => true,
        };
        if all_allowed && site_allowed { Ok(()) } else { Err(Error::CrossSite) }
    }

    fn allow(&self, origin: &str, headers: &HeaderMap) -> bool {
        let Ok(origin) = origin.parse::<Origin>() else { return false };
        self.0.contains(&origin) || origin.is_of(headers)
    }
}

impl FromStr for AllowedOrigins {
    type Err = InvalidOrigin;

    fn from_str(list: &str) -> Result<Self, InvalidOrigin> {
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        Ok(Self(names.map(str::parse).collect::<Result<_, _>>()?))
    }
}

/// An origin as browsers send it (RFC 6454, section 7): scheme, host in lower case, port unless it is the
/// scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    authority: String,
}

impl Origin {
    /// Whether this is the origin that the request was sent to. Its scheme is `https`, or on this machine also `http`.
    fn is_of(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
        let host = host.to_ascii_lowercase();
        match self.scheme.as_str() {
            "https" => self.authority == host.strip_suffix(":443").unwrap_or(&host),
            _ => self.is_this_machine() && self.authority == host.strip_suffix(":80").unwrap_or(&host),
        }
    }

    fn is_this_machine(&self) -> bool {
        let host = self.authority.rsplit_once(':').map_or(self.authority.as_str(), |(host, _)| host);
        matches!(host, "localhost" | "127.0.0.1" | "[::1]")
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let uri: Uri = text.parse().map_err(|_| InvalidOrigin)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(InvalidOrigin);
        };
        let is_bare = format!("{scheme}://{authority}") == text;
        let own_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(InvalidOrigin),
        };
        let never_sent = |c: char| c.is_ascii_uppercase() || matches!(c, '*' | '@');
        if is_bare && authority.port_u16() != Some(own_port) && !text.contains(never_sent) {
            Ok(Self { scheme: scheme.to_owned(), authority: authority.to_string() })
        } else {
            Err(InvalidOrigin)
        }
    }
}

/// A text that is not an origin as a browser sends it.
#[derive(Debug, thiserror::Error)]
#[error("must be origins like https://app.example.com, separated by commas, without a path or *")]
pub struct InvalidOrigin;

#[cfg(test)]
mod tests {
    use super::*;

    fn address(ip: &str) -> String {
        ClientAddress(ip.parse().ok().map(|ip: IpAddr| ip.to_canonical())).to_string()
    }

    #[test]
    fn an_ipv6_customer_is_one_client_and_its_neighbour_another() {
        assert_eq!(address("2001:db8:1:22ff::1"), "2001:db8:1:2200::/56");
        assert_eq!(address("2001:db8:1:2200:ffff::9"), "2001:db8:1:2200::/56");
        assert_eq!(address("2001:db8:1:2300::1"), "2001:db8:1:2300::/56");
    }

    #[test]
    fn an_ipv4_address_in_ipv6_clothing_is_itself() {
        assert_eq!(address("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn what_is_no_address_is_one_client() {
        assert_eq!(address("not an address"), "unknown");
    }

    fn verdict(allowed: &str, headers: &[(&'static str, &str)]) -> bool {
        let mut request = Request::default();
        for &(name, value) in headers {
            request.headers_mut().append(name, value.parse().unwrap());
        }
        allowed.parse::<AllowedOrigins>().unwrap().check(&request).is_ok()
    }

    #[test]
    fn the_apis_own_origin_is_https_except_on_this_machine() {
        assert!(verdict("", &[("host", "api.example.com"), ("origin", "https://api.example.com")]));
        assert!(verdict("", &[("host", "API.example.com:443"), ("origin", "https://api.example.com")]));
        assert!(!verdict("", &[("host", "api.example.com"), ("origin", "http://api.example.com")]));
        assert!(verdict("", &[("host", "localhost:9000"), ("origin", "http://localhost:9000")]));
        assert!(verdict("", &[("host", "[::1]:9000"), ("origin", "http://[::1]:9000")]));
        assert!(!verdict("", &[("host", "localhost:9000"), ("origin", "http://localhost:9001")]));
        assert!(!verdict("", &[("origin", "https://api.example.com")]));
    }

    #[test]
    fn every_origin_of_several_must_be_allowed() {
        let own = [("host", "a.test"), ("origin", "https://a.test"), ("origin", "https://b.test")];
        assert!(!verdict("", &own));
        assert!(verdict("https://b.test", &own));
    }

    #[test]
    fn an_allowed_origin_is_one_that_a_browser_could_send() {
        for good in ["", "https://app.example.com", "https://a.test, http://localhost:3000,"] {
            assert!(good.parse::<AllowedOrigins>().is_ok(), "{good}");
        }
        for bad in [
            "*",
            "null",
            "a.test",
            "https://a.test/",
            "https://A.test",
            "https://*.a.test",
            "ftp://a.test",
            "https://a.test:443",
        ] {
            assert!(bad.parse::<AllowedOrigins>().is_err(), "{bad}");
        }
    }
}
