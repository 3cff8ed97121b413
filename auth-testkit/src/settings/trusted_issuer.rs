//! What the issuer knows of an identity provider whose assertions it exchanges.

use crate::keys::Signer;

/// An identity provider whose assertions are exchanged for access tokens.
#[derive(Debug, Clone)]
pub(crate) struct TrustedIssuer {
    /// The `iss` of its assertions.
    pub(crate) issuer: String,
    /// The key that signs them.
    pub(crate) signer: Signer,
}
