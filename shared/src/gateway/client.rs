//! The address of a request's client.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address that a request is counted against.
///
/// The address is the gateway's record of its peer, or the address that a trusted proxy sends. Headers such as
/// `X-Forwarded-For` are ignored, because any client can send them. An IPv6 client is identified by its /56, the usual
/// size of one customer's network (RIPE-690, section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(Option<IpAddr>);

impl ClientAddress {
    /// Reads an address, with or without a port or a zone: `192.0.2.7`, `192.0.2.7:39870`, `2001:db8::1`,
    /// `[2001:db8::1]:443`, `fe80::1%eth0`. (Gateways behind Cloudflare or mutual TLS write ports:
    /// aws-powertools/powertools-lambda-python #7288.) All clients without a readable address count as one client.
    pub fn parse(text: Option<&str>) -> Self {
        Self(text.and_then(parse_ip).map(embedded_ipv4))
    }

    /// Whether there is an address.
    pub const fn is_readable(&self) -> bool {
        self.0.is_some()
    }
}

fn parse_ip(text: &str) -> Option<IpAddr> {
    let Some((address, zone)) = text.split_once('%') else { return parse_without_zone(text) };
    let after_zone = zone.find(']').map_or("", |end| &zone[end..]);
    parse_without_zone(&format!("{address}{after_zone}")).filter(IpAddr::is_ipv6)
}

fn parse_without_zone(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    text.parse().ok().or_else(with_port).or_else(in_brackets)
}

/// The IPv4 address embedded in an IPv6 address, so that one client has one bucket: IPv4-mapped (RFC 4291, section
/// 2.5.5.2), NAT64 (RFC 6052, section 2.1) and 6to4 (RFC 3056, section 2). Any other address is returned unchanged.
fn embedded_ipv4(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(ipv6) = ip.to_canonical() else { return ip.to_canonical() };
    match ipv6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)).into()
        }
        _ => ip,
    }
}

impl ClientAddress {
    /// The network of the address: the family (4 or 6), then the IPv4 /16 or the IPv6 /32. An attacker gets many
    /// addresses in one such network far more easily than addresses in many networks. All unreadable addresses count as
    /// one network.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> String {
        ClientAddress::parse(Some(text)).to_string()
    }

    #[test]
    fn an_ipv6_customer_is_one_client_and_its_neighbour_another() {
        assert_eq!(address("2001:db8:1:22ff::1"), "2001:db8:1:2200::/56");
        assert_eq!(address("2001:db8:1:2200:ffff::9"), "2001:db8:1:2200::/56");
        assert_eq!(address("2001:db8:1:2300::1"), "2001:db8:1:2300::/56");
    }

    #[test]
    fn an_ipv4_address_embedded_in_ipv6_is_the_ipv4_client() {
        for text in ["::ffff:192.0.2.1", "64:ff9b::192.0.2.1", "2002:c000:201::1", "2002:c000:201:ffff::9"] {
            assert_eq!(address(text), "192.0.2.1", "{text}");
        }
        assert_eq!(
            address("64:ff9b:1::192.0.2.1"),
            "64:ff9b:1::/56",
            "a network's own NAT64 is not the public one"
        );
    }

    #[test]
    fn an_address_may_have_a_port_or_a_zone() {
        for (text, client) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7:39870", "192.0.2.7"),
            ("2001:db8::1", "2001:db8::/56"),
            ("[2001:db8::1]:443", "2001:db8::/56"),
            ("[::ffff:192.0.2.7]:443", "192.0.2.7"),
            ("[64:ff9b::192.0.2.7]:1", "192.0.2.7"),
            ("[2001:db8::1]", "2001:db8::/56"),
            ("fe80::1%eth0", "fe80::/56"),
            ("[fe80::1%eth0]:443", "fe80::/56"),
        ] {
            assert_eq!(address(text), client, "{text}");
        }
    }

    #[test]
    fn unreadable_addresses_are_one_client() {
        for text in [
            "",
            "unknown",
            "192.0.2.7:",
            "192.0.2.7:65536",
            "192.0.2.7, 192.0.2.8",
            "[192.0.2.7]:1",
            "192.0.2",
            "192.0.2.7%eth0",
            "[2001:db8::1",
            "2001:db8::1]",
        ] {
            assert_eq!(address(text), "unknown", "{text}");
        }
    }
}
