//! The page for a request to a host that is not served.

use crate::pages::notice::notice;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use embedded_dynamodb::{host, is_this_machine};
use url::Host;

/// The hosts to which a file is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// All hosts except `0.0.0.0` and `[::]`, where no browser stores a `Secure` cookie over plain HTTP.
    Any,
    /// Only the names of this machine. A web page whose host name resolves to this machine (DNS rebinding) must not
    /// read the developer's files.
    ThisMachine,
}

/// A page that names the right address, if the request's host is not one of `hosts`.
pub(crate) fn respond(head: &Parts, hosts: Hosts, url: &str) -> Option<Response> {
    let host = host(&head.headers)?;
    let reason = if is_unspecified(&host) {
        "Browsers do not store the session cookie from this address."
    } else if hosts == Hosts::ThisMachine && !is_this_machine(&host) {
        "The site is only served to this machine's own names."
    } else {
        return None;
    };
    let text = format!("This server is at <a href=\"{url}\">{url}</a>. {reason}");
    Some(notice(StatusCode::MISDIRECTED_REQUEST, &format!("Please open {url}"), &text))
}

fn is_unspecified(host: &Host) -> bool {
    match host {
        Host::Domain(_) => false,
        Host::Ipv4(address) => address.is_unspecified(),
        Host::Ipv6(address) => address.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn is_refused(host: &str, hosts: Hosts) -> bool {
        let (head, ()) = Request::get("/").header("host", host).body(()).unwrap().into_parts();
        let response = respond(&head, hosts, "http://localhost:9000");
        response.is_some_and(|it| it.status() == 421)
    }

    #[test]
    fn at_an_unspecified_address_a_page_names_the_right_one() {
        for host in ["0.0.0.0:9000", "0.0.0.0", "[::]:9000", "0:9000"] {
            assert!(is_refused(host, Hosts::Any) && is_refused(host, Hosts::ThisMachine), "{host}");
        }
    }

    #[test]
    fn the_machines_own_names_are_served() {
        for host in
            ["localhost:9000", "LOCALHOST", "app.localhost:9000", "127.0.0.1", "127.0.0.2:1", "[::1]:9"]
        {
            assert!(!is_refused(host, Hosts::Any) && !is_refused(host, Hosts::ThisMachine), "{host}");
        }
    }

    #[test]
    fn a_site_is_not_served_to_another_name() {
        for host in ["evil.test:9000", "localhost.evil.test", "notlocalhost", "192.0.2.1:9000"] {
            assert!(!is_refused(host, Hosts::Any) && is_refused(host, Hosts::ThisMachine), "{host}");
        }
    }
}
