//! [`PublicOnly`]: name resolution without private addresses, so that DNS rebinding does not lead into a private
//! network.

use std::io;
use std::net::SocketAddr;

use auth_core::support::is_public_address;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Resolves with the operating system, and drops all addresses that are not public.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is a placeholder; reqwest puts the right one in.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses = public(found)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn public(found: impl Iterator<Item = SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let addresses: Vec<_> = found
        .filter(|address| is_public_address(address.ip()))
        .collect();
    if addresses.is_empty() {
        return Err(io::Error::other(
            "the name leads to private addresses alone: allow them with allow_private_addresses()",
        ));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_left_out() {
        let all = ["10.0.0.1:0", "1.1.1.1:0", "[::1]:0"].map(|text| text.parse().unwrap());
        assert_eq!(public(all.into_iter()).unwrap(), [all[1]]);
        assert!(public([all[0], all[2]].into_iter()).is_err());
        assert!(public(std::iter::empty()).is_err());
    }
}
