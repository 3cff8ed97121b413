//! What the issuer may be asked to let pass.

use std::fmt;

/// A rule that the issuer does not enforce, for clients that break it and must work all the same;
/// chosen with [`MockScalekitBuilder::lenient`](crate::MockScalekitBuilder::lenient).
///
/// By default every rule holds: a client that passes has done its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Leniency {
    /// An authorization request may come without `code_challenge`; then no verifier is asked for
    /// (OAuth 2.1 section 4.1.1 demands both).
    WithoutPkce,
    /// `code_challenge_method` may be `plain` (OAuth 2.1 section 4.1.1 forbids it to most).
    PlainPkce,
    /// A code may be exchanged again and again (RFC 6749 section 4.1.2 forbids it).
    ReusedCode,
    /// A client secret is not looked at (RFC 6749 section 2.3.1).
    AnyClientSecret,
    /// The port of a loopback redirect URI is not compared, as RFC 8252 section 7.3 asks of issuers
    /// that serve native applications. Scalekit compares it.
    AnyLoopbackPort,
    /// Client metadata documents may be on this machine and over http. Scalekit fetches from public
    /// addresses and over https only.
    LoopbackClientMetadata,
}

impl Leniency {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::WithoutPkce,
        Self::PlainPkce,
        Self::ReusedCode,
        Self::AnyClientSecret,
        Self::AnyLoopbackPort,
        Self::LoopbackClientMetadata,
    ];

    /// A short name in kebab case, for command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::WithoutPkce => "without-pkce",
            Self::PlainPkce => "plain-pkce",
            Self::ReusedCode => "reused-code",
            Self::AnyClientSecret => "any-client-secret",
            Self::AnyLoopbackPort => "any-loopback-port",
            Self::LoopbackClientMetadata => "loopback-client-metadata",
        }
    }
}

impl fmt::Display for Leniency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
