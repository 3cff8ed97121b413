//! Which issuer the access tokens name.

/// The `iss` of access tokens. The metadata document always names the resource form.
///
/// Scalekit is moving from one to the other and both are valid meanwhile, so a verifier must
/// accept both and must not pin a token's `iss` to the metadata's `issuer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenIssuer {
    /// `{env}`, as live tokens still have it; the default.
    #[default]
    Environment,
    /// `{env}/resources/{resource id}`, as the metadata has it and tokens will.
    Resource,
}
