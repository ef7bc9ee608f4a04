//! The address of a client, as a gateway or a trusted proxy writes it.

use shared::gateway::client::ClientAddress;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Reads bytes as an address. Adding a port changes nothing, and the result is an IPv4 address or a network of 56 bits.
pub(crate) fn client_address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let client = ClientAddress::parse(Some(text));
    let bucket = client.to_string();
    let has_address = has_address(text);
    assert_eq!((client.is_readable(), bucket == "unknown"), (has_address, !has_address));
    if let Ok(ip) = text.parse::<IpAddr>() {
        assert_eq!(ClientAddress::parse(Some(&SocketAddr::new(ip, 443).to_string())), client);
    }
    if has_address {
        assert!(bucket.parse::<Ipv4Addr>().is_ok() || is_network(&bucket), "{bucket}");
    }
}

/// Whether the text is an address, with or without a port. First removes the zone, and brackets that have no port. Only
/// IPv6 has zones.
fn has_address(text: &str) -> bool {
    let (plain, only_ipv6) = match text.split_once('%') {
        Some((address, zone)) => {
            (format!("{address}{}", zone.find(']').map_or("", |end| &zone[end..])), true)
        }
        None => (text.to_owned(), false),
    };
    let bare = plain.strip_prefix('[').and_then(|it| it.strip_suffix(']')).filter(|it| it.contains(':'));
    let plain = bare.unwrap_or(&plain);
    let ip = plain.parse().or_else(|_| plain.parse().map(|it: SocketAddr| it.ip()));
    ip.is_ok_and(|ip: IpAddr| ip.is_ipv6() || !only_ipv6)
}

fn is_network(bucket: &str) -> bool {
    let ip = bucket.strip_suffix("/56").and_then(|ip| ip.parse::<Ipv6Addr>().ok());
    ip.is_some_and(|ip| ip.to_bits().trailing_zeros() >= 128 - 56)
}
