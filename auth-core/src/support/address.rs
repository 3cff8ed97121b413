//! Which addresses are on the public internet: a server that fetches from hosts that a configuration,
//! a client or a name service names must not be led into its private network (SSRF).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is on the public internet.
///
/// Addresses in the registries of special-purpose addresses
/// ([RFC 6890](https://www.rfc-editor.org/rfc/rfc6890)) are not public. An IPv6 address that embeds an
/// IPv4 address is as public as that one.
#[must_use]
pub fn is_public_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded_ipv4(address) {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol_assignments = a == 192 && b == 0 && c == 0;
    let relays = a == 192 && b == 88 && c == 99;
    let benchmarks = a == 198 && (b == 18 || b == 19);
    let reserved = a == 0 || a >= 240;
    !(address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || shared
        || protocol_assignments
        || relays
        || benchmarks
        || reserved)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global_unicast = (a & 0xe000) == 0x2000;
    let documentation = (a == 0x2001 && b == 0xdb8) || (a & 0xfff0) == 0x3ff0;
    let protocol_assignments = a == 0x2001 && b < 0x200;
    global_unicast && !documentation && !protocol_assignments
}

/// The IPv4 address that is embedded in a mapped, a 6to4 or a NAT64 address.
#[must_use]
pub fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => v4(g, h),
        [0x2002, high, low, ..] => v4(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_purpose_addresses_are_not_public() {
        for address in [
            "93.184.215.14",
            "1.1.1.1",
            // Next to ranges that are not public.
            "1.0.0.1",
            "9.255.255.255",
            "11.0.0.0",
            "99.64.0.1",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "191.0.0.1",
            "192.0.1.1",
            "192.1.0.1",
            "192.88.98.1",
            "192.88.100.1",
            "192.89.99.1",
            "193.88.99.1",
            "197.18.0.1",
            "198.17.255.255",
            "198.20.0.0",
            "199.19.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::",
            "2001:db7::1",
            "2001:db9::1",
            "2400:db8::1",
            "2600:1ff::1",
            "64:ff9b::101:101",
            "2002:101:101::",
        ] {
            assert!(is_public_address(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2001:1ff::1",
            "3fff::1",
            "100::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
        ] {
            assert!(!is_public_address(address.parse().unwrap()), "{address}");
        }
    }
}
