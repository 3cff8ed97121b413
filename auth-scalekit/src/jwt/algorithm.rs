//! The asymmetric algorithms that a token can be signed with. There is no `none` and no HMAC
//! here, so no configuration can let one in.

/// A JWS algorithm by its registered name
/// ([RFC 7518 section 3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256. What Scalekit signs with.
    Rs256,
}

impl Algorithm {
    /// The algorithm of a header, in exactly this spelling.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }

    /// The name as it stands in `alg`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
        }
    }
}
