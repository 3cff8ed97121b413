//! What the issuer may be asked to do wrong.

use std::fmt;

/// One thing that the issuer does wrong, and for which a client must turn away; chosen with
/// [`MockScalekitBuilder::misbehave`](crate::MockScalekitBuilder::misbehave).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// The authorization response names another issuer (RFC 9207 section 2.4).
    OtherIssInResponse,
    /// The authorization response names the issuer with a slash at its end: not the same text (RFC
    /// 9207 section 2.4).
    SlashedIssInResponse,
    /// The authorization response names no issuer, although the metadata promises that it does (RFC
    /// 9207 section 2.4).
    WithoutIssInResponse,
    /// The authorization response has another `state` than the request (RFC 6749 section 10.12).
    OtherState,
    /// The authorization response has no `state` (RFC 6749 section 4.1.2).
    WithoutState,
    /// The metadata is that of another issuer (RFC 8414 section 3.3).
    MetadataOfAnotherIssuer,
    /// The metadata names no PKCE method: a client that follows MCP must not go on.
    MetadataWithoutPkce,
}

impl Misbehaviour {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::OtherIssInResponse,
        Self::SlashedIssInResponse,
        Self::WithoutIssInResponse,
        Self::OtherState,
        Self::WithoutState,
        Self::MetadataOfAnotherIssuer,
        Self::MetadataWithoutPkce,
    ];

    /// A short name in kebab case, for command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OtherIssInResponse => "other-iss-in-response",
            Self::SlashedIssInResponse => "slashed-iss-in-response",
            Self::WithoutIssInResponse => "without-iss-in-response",
            Self::OtherState => "other-state",
            Self::WithoutState => "without-state",
            Self::MetadataOfAnotherIssuer => "metadata-of-another-issuer",
            Self::MetadataWithoutPkce => "metadata-without-pkce",
        }
    }
}

impl fmt::Display for Misbehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
