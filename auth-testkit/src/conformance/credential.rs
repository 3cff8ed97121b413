//! What a suite proves a provider with.

/// What callers of the provider send as their bearer token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Credential {
    /// Access tokens: JWTs that the issuer has signed.
    #[default]
    Jwt,
    /// Opaque API keys, which the issuer validates.
    ApiKey,
}
