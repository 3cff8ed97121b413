//! Rules that the issuer can be configured not to enforce.

use crate::values::catalog_enum;

catalog_enum! {
    /// A rule that the issuer does not enforce, for clients that break it and must work all the same;
    /// set with [`MockScalekitBuilder::lenient`](crate::MockScalekitBuilder::lenient).
    ///
    /// By default every rule is enforced.
    "leniency" Leniency {
        /// An authorization request may come without `code_challenge`; then no verifier is needed
        /// (OAuth 2.1 section 4.1.1 demands both).
        WithoutPkce = "without-pkce",
        /// `code_challenge_method` may be `plain` (OAuth 2.1 section 4.1.1 forbids it to most).
        PlainPkce = "plain-pkce",
        /// A code may be exchanged again and again (RFC 6749 section 4.1.2 forbids it).
        ReusedCode = "reused-code",
        /// A client secret is not checked (RFC 6749 section 2.3.1).
        AnyClientSecret = "any-client-secret",
        /// The port of a loopback redirect URI is not compared, as RFC 8252 section 7.3 asks of issuers
        /// that serve native applications. Scalekit compares it.
        AnyLoopbackPort = "any-loopback-port",
        /// Client metadata documents may be on this machine and over http. Scalekit fetches from public
        /// addresses and over https only.
        LoopbackClientMetadata = "loopback-client-metadata",
    }
}
