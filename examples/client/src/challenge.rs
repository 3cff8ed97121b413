//! What the challenges of a refusal ask for (RFC 9110 section 11.6.1, RFC 6750 section 3, RFC 9449 section 7.1).

use auth_core::wire::challenges::Challenges;

use crate::redact;

/// The challenges of a server for tokens, read as one. Challenges of other schemes are ignored, with their parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Whether there is a challenge of the scheme `Bearer` or `DPoP`.
    pub(crate) for_tokens: bool,
    /// The URL of the protected resource metadata (RFC 9728 section 5.1).
    pub(crate) resource_metadata: Option<String>,
    /// The scopes that the request needs, separated by blanks.
    pub(crate) scope: Option<String>,
    /// The error code.
    pub(crate) error: Option<String>,
    pub(crate) description: Option<String>,
    /// Whether one of them requires a nonce in the proof (RFC 9449 section 9).
    pub(crate) requires_nonce: bool,
}

impl Challenge {
    /// Reads all lines of `WWW-Authenticate`, joined by commas. Of a parameter that several challenges have, the first
    /// counts; an empty one is absent.
    pub(crate) fn read(lines: &str) -> Self {
        let mut read = Self::default();
        for challenge in Challenges::read([lines.as_bytes()]).iter() {
            if !challenge.is("Bearer") && !challenge.is("DPoP") {
                continue;
            }
            read.for_tokens = true;
            let parameter = |name| {
                let value = challenge.parameter(name)?.trim();
                (!value.is_empty()).then(|| value.to_owned())
            };
            let error = parameter("error");
            read.requires_nonce |= error.as_deref() == Some(crate::dpop::USE_DPOP_NONCE);
            read.resource_metadata = read
                .resource_metadata
                .or_else(|| parameter("resource_metadata"));
            read.scope = read.scope.or_else(|| parameter("scope"));
            // A description belongs to the error beside it.
            if read.error.is_none() {
                read.error = error;
                read.description = parameter("error_description");
            }
        }
        read
    }

    /// The reason for people.
    pub(crate) fn reason(&self) -> String {
        match (&self.error, &self.description) {
            (_, Some(reason)) | (Some(reason), None) => redact::printable(reason),
            (None, None) => "no reason given".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> (Option<String>, Option<String>, Option<String>) {
        let read = Challenge::read(lines);
        (read.resource_metadata, read.scope, read.error)
    }

    #[test]
    fn only_challenges_for_tokens_are_read() {
        let some = |text: &str| Some(text.to_owned());
        let rows = [
            (
                r#"Bearer resource_metadata="https://a/m", scope="r w", error="invalid_token""#,
                (some("https://a/m"), some("r w"), some("invalid_token")),
            ),
            (
                r#"Basic realm="x", Bearer resource_metadata="https://a/m""#,
                (some("https://a/m"), None, None),
            ),
            (
                r#"Bearer resource_metadata = "https://a/m" , scope ="r""#,
                (some("https://a/m"), some("r"), None),
            ),
            (
                r#"DPoP algs="ES256", error="use_dpop_nonce", bearer scope=r, error=invalid_token"#,
                (None, some("r"), some("use_dpop_nonce")),
            ),
            (
                r#"Basic realm="scope=\"admin\"", scope="admin", error="insufficient_scope""#,
                (None, None, None),
            ),
            (
                r#"Bearer realm="a, scope=\"admin\"", scope="r""#,
                (None, some("r"), None),
            ),
            (r#"Bearer error="", scope="""#, (None, None, None)),
            ("Bearer", (None, None, None)),
            ("", (None, None, None)),
        ];
        for (lines, expected) in rows {
            assert_eq!(read(lines), expected, "{lines}");
        }
        assert!(!Challenge::read("Negotiate abc==").for_tokens);
        assert!(Challenge::read("dpop").for_tokens);
        let both = r#"Bearer error="invalid_token", DPoP error="use_dpop_nonce""#;
        assert!(Challenge::read(both).requires_nonce);
        let named = r#"DPoP error="invalid_token", error_description="no use_dpop_nonce""#;
        assert!(!Challenge::read(named).requires_nonce);
    }
}
