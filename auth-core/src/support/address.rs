//! Where packets to an address go: a server that fetches from hosts that a configuration,
//! a client or a name service names must not be led into its private network (SSRF).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where packets to an address go, by the registries of special-purpose addresses
/// ([RFC 6890](https://www.rfc-editor.org/rfc/rfc6890)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressClass {
    /// To the public internet.
    Public,
    /// To this machine: 127.0.0.0/8 and `::1`.
    Loopback,
    /// To a private network: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918), 100.64.0.0/10 (RFC 6598), and
    /// fc00::/7 (RFC 4193).
    Private,
    /// To the local link (where cloud providers serve credentials), a group, nowhere, or a use that no server has: all
    /// other addresses.
    Reserved,
}

impl AddressClass {
    /// The class of an address.
    ///
    /// An IPv6 address that embeds an IPv4 address has the class of that one, since a translator or relay sends packets
    /// to it. Only a mapped address is loopback, however: 6to4 and NAT64 packets leave this machine, so 127.0.0.0/8 in
    /// them is reserved.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => match embedded_ipv4(address).map(of_v4) {
                Some(Self::Loopback) if address.to_ipv4_mapped().is_none() => Self::Reserved,
                Some(class) => class,
                None => of_v6(address),
            },
        }
    }
}

/// Whether an address is on the public internet: [`AddressClass::Public`].
#[must_use]
pub fn is_public_address(address: IpAddr) -> bool {
    AddressClass::of(address) == AddressClass::Public
}

fn of_v4(address: Ipv4Addr) -> AddressClass {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol_assignments = a == 192 && b == 0 && c == 0;
    let relays = a == 192 && b == 88 && c == 99;
    let benchmarks = a == 198 && (b == 18 || b == 19);
    let this_network = a == 0;
    // 240.0.0.0/4 and the limited broadcast address.
    let future_use = a >= 240;
    if address.is_loopback() {
        AddressClass::Loopback
    } else if address.is_private() || shared {
        AddressClass::Private
    } else if address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || protocol_assignments
        || relays
        || benchmarks
        || this_network
        || future_use
    {
        AddressClass::Reserved
    } else {
        AddressClass::Public
    }
}

fn of_v6(address: Ipv6Addr) -> AddressClass {
    let [a, b, ..] = address.segments();
    let global_unicast = (a & 0xe000) == 0x2000;
    let documentation = (a == 0x2001 && b == 0xdb8) || (a & 0xfff0) == 0x3ff0;
    let protocol_assignments = a == 0x2001 && b < 0x200;
    if address.is_loopback() {
        AddressClass::Loopback
    } else if address.is_unique_local() {
        AddressClass::Private
    } else if global_unicast && !documentation && !protocol_assignments {
        AddressClass::Public
    } else {
        AddressClass::Reserved
    }
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

    /// The first and last address of each range, and its neighbours.
    #[test]
    fn each_range_begins_and_ends_where_its_registry_says() {
        use AddressClass::{Loopback, Private, Public, Reserved};
        for (class, first, last, before, after) in [
            (
                Reserved,
                "0.0.0.0",
                "0.255.255.255",
                None,
                Some(("1.0.0.0", Public)),
            ),
            (
                Private,
                "10.0.0.0",
                "10.255.255.255",
                Some(("9.255.255.255", Public)),
                Some(("11.0.0.0", Public)),
            ),
            (
                Private,
                "100.64.0.0",
                "100.127.255.255",
                Some(("100.63.255.255", Public)),
                Some(("100.128.0.0", Public)),
            ),
            (
                Loopback,
                "127.0.0.0",
                "127.255.255.255",
                Some(("126.255.255.255", Public)),
                Some(("128.0.0.0", Public)),
            ),
            (
                Reserved,
                "169.254.0.0",
                "169.254.255.255",
                Some(("169.253.255.255", Public)),
                Some(("169.255.0.0", Public)),
            ),
            (
                Private,
                "172.16.0.0",
                "172.31.255.255",
                Some(("172.15.255.255", Public)),
                Some(("172.32.0.0", Public)),
            ),
            (
                Reserved,
                "192.0.0.0",
                "192.0.0.255",
                Some(("191.255.255.255", Public)),
                Some(("192.0.1.0", Public)),
            ),
            (
                Reserved,
                "192.0.2.0",
                "192.0.2.255",
                Some(("192.0.1.255", Public)),
                Some(("192.0.3.0", Public)),
            ),
            (
                Reserved,
                "192.88.99.0",
                "192.88.99.255",
                Some(("192.88.98.255", Public)),
                Some(("192.88.100.0", Public)),
            ),
            (
                Private,
                "192.168.0.0",
                "192.168.255.255",
                Some(("192.167.255.255", Public)),
                Some(("192.169.0.0", Public)),
            ),
            (
                Reserved,
                "198.18.0.0",
                "198.19.255.255",
                Some(("198.17.255.255", Public)),
                Some(("198.20.0.0", Public)),
            ),
            (
                Reserved,
                "198.51.100.0",
                "198.51.100.255",
                Some(("198.51.99.255", Public)),
                Some(("198.51.101.0", Public)),
            ),
            (
                Reserved,
                "203.0.113.0",
                "203.0.113.255",
                Some(("203.0.112.255", Public)),
                Some(("203.0.114.0", Public)),
            ),
            (
                Reserved,
                "224.0.0.0",
                "255.255.255.255",
                Some(("223.255.255.255", Public)),
                None,
            ),
            (Reserved, "::", "::", None, Some(("::1", Loopback))),
            (
                Loopback,
                "::1",
                "::1",
                Some(("::", Reserved)),
                Some(("::2", Reserved)),
            ),
            (
                Private,
                "::ffff:10.0.0.0",
                "::ffff:10.255.255.255",
                Some(("::ffff:9.255.255.255", Public)),
                Some(("::ffff:11.0.0.0", Public)),
            ),
            (
                Loopback,
                "::ffff:127.0.0.0",
                "::ffff:127.255.255.255",
                Some(("::ffff:126.255.255.255", Public)),
                Some(("::ffff:128.0.0.0", Public)),
            ),
            (
                Private,
                "64:ff9b::a00:0",
                "64:ff9b::aff:ffff",
                Some(("64:ff9b::9ff:ffff", Public)),
                Some(("64:ff9b::b00:0", Public)),
            ),
            (
                Reserved,
                "64:ff9b::7f00:0",
                "64:ff9b::7fff:ffff",
                Some(("64:ff9b::7eff:ffff", Public)),
                Some(("64:ff9b::8000:0", Public)),
            ),
            (
                Reserved,
                "64:ff9b:0:0:0:1::",
                "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
                Some(("64:ff9b::ffff:ffff", Reserved)),
                Some(("64:ff9b:2::", Reserved)),
            ),
            (
                Reserved,
                "100::",
                "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                None,
                Some(("2000::", Public)),
            ),
            (
                Reserved,
                "2001::",
                "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
                Some(("2000:ffff::", Public)),
                Some(("2001:200::", Public)),
            ),
            (
                Reserved,
                "2001:db8::",
                "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                Some(("2001:db7:ffff::", Public)),
                Some(("2001:db9::", Public)),
            ),
            (
                Private,
                "2002:a00::",
                "2002:aff:ffff:ffff:ffff:ffff:ffff:ffff",
                Some(("2002:9ff:ffff::", Public)),
                Some(("2002:b00::", Public)),
            ),
            (
                Reserved,
                "2002:7f00::",
                "2002:7fff:ffff:ffff:ffff:ffff:ffff:ffff",
                Some(("2002:7eff:ffff::", Public)),
                Some(("2002:8000::", Public)),
            ),
            (
                Reserved,
                "3ff0::",
                "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Some(("3fef:ffff::", Public)),
                Some(("4000::", Reserved)),
            ),
            (
                Private,
                "fc00::",
                "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Some(("fbff:ffff::", Reserved)),
                Some(("fe00::", Reserved)),
            ),
            (
                Reserved,
                "fe80::",
                "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                None,
                None,
            ),
            (
                Reserved,
                "fec0::",
                "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                None,
                None,
            ),
            (
                Reserved,
                "ff00::",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                None,
                None,
            ),
        ] {
            let inside = [(first, class), (last, class)].into_iter();
            for (address, class) in inside.chain(before).chain(after) {
                let parsed: IpAddr = address.parse().unwrap();
                assert_eq!(AddressClass::of(parsed), class, "{address}");
                assert_eq!(is_public_address(parsed), class == Public, "{address}");
            }
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for address in [
            "93.184.215.14",
            "1.1.1.1",
            "192.1.0.1",
            "2606:4700::1111",
            "2400:db8::1",
            "2600:1ff::1",
        ] {
            let class = AddressClass::of(address.parse().unwrap());
            assert_eq!(class, AddressClass::Public, "{address}");
        }
    }
}
