//! The origins whose pages may log in and out.

use crate::gateway::{Error, Request};
use http::uri::Authority;
use http::{HeaderValue, Uri, header};
use std::net::IpAddr;
use std::str::FromStr;

/// The origins, besides the API's own, whose pages may log in and out: `ALLOWED_ORIGINS`, separated by commas. The
/// cookies are `SameSite=Strict`, so only origins of the API's own site can use them.
#[derive(Clone, Debug, Default)]
pub struct AllowedOrigins(Vec<Origin>);

impl AllowedOrigins {
    /// Refuses a request from a page of another site. `Sec-Fetch-Site` decides; if that header is missing or
    /// `same-site`, `Origin` decides (OWASP, "Cross-Site Request Forgery Prevention Cheat Sheet"). A request with
    /// neither header passes, because it does not come from a browser.
    ///
    /// # Errors
    /// [`Error::CrossSite`].
    pub fn check(&self, request: &Request) -> Result<(), Error> {
        let headers = request.headers();
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let has_origin = headers.contains_key(header::ORIGIN);
        let mut are_allowed = || origins.all(|origin| self.allow(origin, request));
        let sites: Vec<_> = headers.get_all("sec-fetch-site").iter().map(HeaderValue::as_bytes).collect();
        // `Sec-Fetch-Site` is exact, while browsers send the origin "null" for many reasons.
        let is_allowed = match sites[..] {
            [] => are_allowed(),
            [b"same-origin" | b"none"] => true,
            [b"same-site"] => has_origin && are_allowed(),
            _ => false,
        };
        if is_allowed { Ok(()) } else { Err(Error::CrossSite) }
    }

    fn allow(&self, origin: &HeaderValue, request: &Request) -> bool {
        let Some(origin) = origin.to_str().ok().and_then(|it| it.parse::<Origin>().ok()) else {
            return false;
        };
        self.0.contains(&origin) || request.host().is_some_and(|host| origin.is_of(host))
    }
}

impl FromStr for AllowedOrigins {
    type Err = InvalidOrigin;

    fn from_str(list: &str) -> Result<Self, InvalidOrigin> {
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        Ok(Self(names.map(str::parse).collect::<Result<_, _>>()?))
    }
}

/// An origin as browsers send it (RFC 6454, section 7): scheme, host in lower case, port unless it is the scheme's
/// default.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    authority: String,
}

impl Origin {
    /// Whether this is the origin of `host`. The scheme must be `https`. On this machine, `http` is allowed too.
    fn is_of(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        match self.scheme.as_str() {
            "https" => self.authority == host.strip_suffix(":443").unwrap_or(&host),
            _ => self.is_this_machine() && self.authority == host.strip_suffix(":80").unwrap_or(&host),
        }
    }

    /// Whether the host is this machine: a loopback address, `localhost` or a name below `localhost` (RFC 6761, section
    /// 6.3).
    fn is_this_machine(&self) -> bool {
        let host = self.authority.parse::<Authority>();
        let host = host.as_ref().map(Authority::host).unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse();
        host == "localhost"
            || host.ends_with(".localhost")
            || address.is_ok_and(|it: IpAddr| it.to_canonical().is_loopback())
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
        let default_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(InvalidOrigin),
        };
        let never_sent = |c: char| c.is_ascii_uppercase() || matches!(c, '*' | '@');
        if is_bare && authority.port_u16() != Some(default_port) && !text.contains(never_sent) {
            Ok(Self { scheme: scheme.to_owned(), authority: authority.to_string() })
        } else {
            Err(InvalidOrigin)
        }
    }
}

/// The text is not an origin as browsers send it.
#[derive(Debug, thiserror::Error)]
#[error("must be origins like https://app.example.com, separated by commas, without a path or *")]
pub struct InvalidOrigin;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::RequestParts;
    use crate::gateway::proxy::TrustedProxy;
    use crate::timestamp::Timestamp;

    fn verdict(allowed: &str, headers: &[(&'static str, &str)]) -> bool {
        let mut parts = RequestParts::default();
        for &(name, value) in headers {
            parts.headers.append(name, value.parse().unwrap());
        }
        let request = Request::new(parts, &TrustedProxy::default(), Timestamp::default());
        allowed.parse::<AllowedOrigins>().unwrap().check(&request).is_ok()
    }

    #[test]
    fn the_apis_own_origin_is_https_except_on_this_machine() {
        assert!(verdict("", &[("host", "api.example.com"), ("origin", "https://api.example.com")]));
        assert!(verdict("", &[("host", "API.example.com:443"), ("origin", "https://api.example.com")]));
        assert!(!verdict("", &[("host", "api.example.com"), ("origin", "http://api.example.com")]));
        assert!(verdict("", &[("host", "localhost:9000"), ("origin", "http://localhost:9000")]));
        assert!(verdict("", &[("host", "[::1]:9000"), ("origin", "http://[::1]:9000")]));
        assert!(verdict("", &[("host", "[::1]"), ("origin", "http://[::1]")]));
        assert!(verdict("", &[("host", "127.0.0.9:9000"), ("origin", "http://127.0.0.9:9000")]));
        assert!(verdict("", &[("host", "app.localhost:9000"), ("origin", "http://app.localhost:9000")]));
        assert!(!verdict("", &[("host", "localhost:9000"), ("origin", "http://localhost:9001")]));
        assert!(!verdict("", &[("host", "localhost.test"), ("origin", "http://localhost.test")]));
        assert!(!verdict("", &[("host", "notlocalhost"), ("origin", "http://notlocalhost")]));
        assert!(!verdict("", &[("origin", "https://api.example.com")]));
    }

    #[test]
    fn pages_of_other_sites_are_refused_and_programs_pass() {
        const SITE: &str = "sec-fetch-site";
        const ORIGIN: &str = "origin";
        let allowed = "https://www.example.com,http://localhost:3000";
        for headers in [
            &[][..],
            &[(SITE, "none")],
            &[(SITE, "none"), (ORIGIN, "null")],
            &[(SITE, "same-origin")],
            &[(SITE, "same-origin"), (ORIGIN, "null")], // from a page with `Referrer-Policy: no-referrer`
            &[(SITE, "same-origin"), (ORIGIN, "https://dev.test")], // from a dev server that replaces `Host`
            &[(SITE, "same-site"), (ORIGIN, "https://www.example.com")],
            &[(SITE, "same-site"), (ORIGIN, "https://api.example.com")],
            &[(ORIGIN, "https://www.example.com")],
            &[(ORIGIN, "http://localhost:3000")],
        ] {
            assert!(verdict(allowed, &[&[("host", "api.example.com")], headers].concat()), "{headers:?}");
        }
        for headers in [
            &[(SITE, "cross-site")][..],
            &[(SITE, "cross-site"), (ORIGIN, "https://www.example.com")],
            &[(SITE, "same-site")],
            &[(SITE, "same-site"), (ORIGIN, "https://other.example.com")],
            &[(SITE, "same-site"), (ORIGIN, "null")],
            &[(SITE, "same-site"), (ORIGIN, "https://www.example.com,https://evil.test")],
            &[(SITE, "Same-Origin"), (ORIGIN, "https://api.example.com")],
            &[(SITE, "same-origin "), (ORIGIN, "https://api.example.com")],
            &[(SITE, "same-origin"), (SITE, "same-origin")],
            &[(SITE, "same-origin"), (SITE, "cross-site")],
            &[(SITE, "cross-site,same-origin")],
            &[(SITE, "")],
            &[(SITE, "same-party"), (ORIGIN, "https://www.example.com")],
            &[(ORIGIN, "https://evil.test")],
            &[(ORIGIN, "null")],
            &[(ORIGIN, "")],
            &[(ORIGIN, "http://api.example.com")],
            &[(ORIGIN, "https://api.example.com:8443")],
            &[(ORIGIN, "https://api.example.com.evil.test")],
            &[(ORIGIN, "https://www.example.com/")],
            &[(ORIGIN, "HTTPS://www.example.com")],
        ] {
            assert!(!verdict(allowed, &[&[("host", "api.example.com")], headers].concat()), "{headers:?}");
        }
    }

    #[test]
    fn all_of_several_origins_must_be_allowed() {
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
