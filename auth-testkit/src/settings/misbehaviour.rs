//! Rules that the issuer can be configured to break.

use crate::values::catalog_enum;

catalog_enum! {
    /// One thing that the issuer does wrong, so that a client must abandon the flow; set with
    /// [`MockScalekitBuilder::misbehave`](crate::MockScalekitBuilder::misbehave).
    "misbehaviour" Misbehaviour {
        /// The authorization response names another issuer (RFC 9207 section 2.4).
        OtherIssInResponse = "other-iss-in-response",
        /// The authorization response names the issuer with a slash at its end: not the same string (RFC
        /// 9207 section 2.4).
        SlashedIssInResponse = "slashed-iss-in-response",
        /// The authorization response names no issuer, although the metadata promises that it does (RFC
        /// 9207 section 2.4).
        WithoutIssInResponse = "without-iss-in-response",
        /// The authorization response has another `state` than the request (RFC 6749 section 10.12).
        OtherState = "other-state",
        /// The authorization response has no `state` (RFC 6749 section 4.1.2).
        WithoutState = "without-state",
        /// The metadata is that of another issuer (RFC 8414 section 3.3).
        MetadataOfAnotherIssuer = "metadata-of-another-issuer",
        /// The metadata names no PKCE method: a client that follows MCP must not continue.
        MetadataWithoutPkce = "metadata-without-pkce",
    }
}
