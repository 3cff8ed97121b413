//! Which hosts of URLs are this machine.

use std::net::IpAddr;

use url::Host;

use super::address::AddressClass;

/// Whether a host is this machine, so that nothing on the network can read plain http (RFC 8252 section 7.3).
///
/// That is `localhost`, 127.0.0.0/8, `[::1]` and `[::ffff:127.0.0.0/104]`.
///
/// `x.localhost` and `localhost.` are not. RFC 6761 section 6.3 reserves all these names, but it requires nothing of the
/// system's resolver: one that finds no such line in its hosts file asks the name server of the network, which may then
/// name any machine.
///
/// A host is written as in a URL: an IPv6 address in brackets. What is no host is not this machine.
#[must_use]
pub fn is_loopback_host(host: &str) -> bool {
    let address = match Host::parse(host) {
        Ok(Host::Domain(name)) => return name == "localhost",
        Ok(Host::Ipv4(address)) => IpAddr::V4(address),
        Ok(Host::Ipv6(address)) => IpAddr::V6(address),
        Err(_) => return false,
    };
    AddressClass::of(address) == AddressClass::Loopback
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    #[test]
    fn this_machine_and_its_neighbours() {
        for (host, expected) in [
            ("localhost", true),
            ("LocalHost", true),
            ("127.0.0.1", true),
            ("127.0.0.0", true),
            ("127.255.255.255", true),
            // Other spellings of 127.0.0.1.
            ("127.1", true),
            ("0x7f000001", true),
            ("[::1]", true),
            ("[::ffff:127.0.0.1]", true),
            ("[::ffff:7fff:ffff]", true),
            ("126.255.255.255", false),
            ("128.0.0.0", false),
            ("0.0.0.0", false),
            ("10.0.0.1", false),
            ("[::]", false),
            ("[::2]", false),
            ("[::7f00:1]", false),
            ("[::ffff:126.255.255.255]", false),
            ("[::ffff:128.0.0.0]", false),
            ("[2002:7f00:1::]", false),
            ("[64:ff9b::7f00:1]", false),
            ("localhost.", false),
            ("app.localhost", false),
            ("localhost.example.com", false),
            ("notlocalhost", false),
            ("local", false),
            ("127.0.0.1.example.com", false),
        ] {
            let url = Url::parse(&format!("http://{host}:8000/")).unwrap();
            assert_eq!(
                is_loopback_host(url.host_str().unwrap()),
                expected,
                "{host}"
            );
            assert_eq!(is_loopback_host(host), expected, "{host}");
        }
        for host in ["", "::1", "localhost:8000", "[::1]:8000", "local host"] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
