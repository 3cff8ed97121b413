//! The host of the redirect URI.

use std::fmt;

/// Which name of this machine the redirect URI has (RFC 8252 section 7.3). The listener serves all of them; an
/// authorization server compares the URI with those of the registration or of the metadata document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
#[non_exhaustive]
pub enum CallbackHost {
    /// `localhost`: what most servers register.
    #[default]
    Localhost,
    /// `127.0.0.1`.
    #[value(name = "127.0.0.1")]
    Ipv4,
    /// `[::1]`.
    #[value(name = "::1")]
    Ipv6,
}

impl fmt::Display for CallbackHost {
    /// As in a URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Localhost => "localhost",
            Self::Ipv4 => "127.0.0.1",
            Self::Ipv6 => "[::1]",
        })
    }
}
