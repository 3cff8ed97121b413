//! The checks by name, and why each matters.

use super::finding::{Finding, Severity};

macro_rules! checks {
    ($($variant:ident $id:literal $why:literal)*) => {
        /// One check.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Check { $($variant,)* }

        /// The ids of all checks, in the order in which they are made. [`Finding::id`] is one of
        /// them; a check may have no finding, or several.
        pub const CHECKS: &[&str] = &[$($id,)*];

        impl Check {
            fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            fn why(self) -> &'static str {
                match self { $(Self::$variant => $why,)* }
            }
        }
    };
}

checks! {
    Settings "settings" "the server does not start with a setting that it cannot use"
    Dns "dns" "keys and metadata are fetched from the host of the environment"
    Connection "connection" "without keys every request is answered with 503, and nobody can log in"
    Metadata "metadata" "clients find out there how to log in (RFC 8414 section 3)"
    MetadataIssuer "metadata-issuer" "clients turn away from metadata of another issuer (RFC 8414 section 3.3)"
    Pkce "pkce" "MCP clients do not log in where S256 is not offered (RFC 7636 section 4.2)"
    Registration "registration" "a client that nobody has registered registers by itself (RFC 7591)"
    ClientMetadataDocuments "client-metadata-documents" "newer clients are known by the URL of a document instead of registering"
    Keys "keys" "tokens are verified with the keys of the environment (RFC 7517)"
    OddKeys "odd-keys" "tokens that are signed with a key that cannot be used are refused"
    McpUrl "mcp-url" "clients compare the URL they call with the one that the server says, as text (RFC 9728 section 3.3)"
    Scopes "scopes" "a client can only be granted scopes that the authorization server knows"
    Client "client" "an issuer tells its user alone that it does not know a client or its redirect URI, and the client waits in vain (RFC 6749 section 4.1.2.1)"
    Clock "clock" "exp, nbf and iat of tokens are judged by this machine's clock, with 60 s to spare"
    Server "server" "clients call it there"
    ServerChallenge "server-challenge" "the answer to a request without a token starts every login (RFC 9728 section 5.1)"
    ServerMetadata "server-metadata" "clients find out there who issues tokens for this server (RFC 9728 section 3)"
    ServerResource "server-resource" "clients turn away from metadata of another resource (RFC 9728 section 3.3)"
    ServerAuthorizationServers "server-authorization-servers" "clients log in at the authorization server that is named there"
    ServerCors "server-cors" "clients that run in a browser, such as MCP Inspector, cannot read other answers"
    Token "token" "the server refuses a token that breaks a rule with 401, and says which rule only in its log"
    TokenScopes "token-scopes" "a good token that lacks a scope is answered with 403 insufficient_scope"
}

impl Check {
    /// As it should be.
    pub(crate) fn ok(self, what: impl Into<String>) -> Finding {
        self.found(Severity::Ok, None, what, None)
    }

    /// Worth knowing.
    pub(crate) fn note(self, what: impl Into<String>) -> Finding {
        self.found(Severity::Note, None, what, None)
    }

    pub(crate) fn warning(
        self,
        trouble: &'static str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Finding {
        self.found(Severity::Warning, Some(trouble), what, Some(fix.into()))
    }

    pub(crate) fn failure(
        self,
        trouble: &'static str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Finding {
        self.found(Severity::Failure, Some(trouble), what, Some(fix.into()))
    }

    /// Nothing was there to be checked.
    pub(crate) fn skipped(self, trouble: &'static str, what: impl Into<String>) -> Finding {
        self.found(Severity::Skipped, Some(trouble), what, None)
    }

    /// What it builds on has failed.
    pub(crate) fn depends_on(self, other: Self) -> Finding {
        let what = format!("not checked, since it depends on {}", other.id());
        self.skipped("depends", what)
    }

    fn found(
        self,
        severity: Severity,
        trouble: Option<&'static str>,
        what: impl Into<String>,
        fix: Option<String>,
    ) -> Finding {
        Finding {
            id: self.id(),
            severity,
            trouble,
            what: what.into(),
            why: self.why(),
            fix,
        }
    }
}
