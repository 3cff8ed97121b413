//! All checks: the id of each, and why it matters.

use super::finding::{Finding, Severity};

macro_rules! checks {
    (
        $($variant:ident $id:literal $why:literal)*
        #[$only:meta] { $($more:ident $more_id:literal $more_why:literal)* }
    ) => {
        /// A check; see [`CHECKS`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Check {
            $($variant,)*
            $(#[$only] $more,)*
        }

        /// The ids of all checks, in the order in which they run. [`Finding::id`] is one of them; a
        /// check may produce no finding, or several.
        pub const CHECKS: &[&str] = &[
            $($id,)*
            $(#[$only] $more_id,)*
        ];

        impl Check {
            fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                    $(#[$only] Self::$more => $more_id,)*
                }
            }

            fn why(self) -> &'static str {
                match self {
                    $(Self::$variant => $why,)*
                    $(#[$only] Self::$more => $more_why,)*
                }
            }
        }
    };
}

checks! {
    Settings "settings" "the server does not start with a setting that it cannot use"
    Dns "dns" "keys and metadata are fetched from the host of the environment"
    Connection "connection" "without keys every request is answered with 503, and no user can log in"
    Metadata "metadata" "clients learn from it how to log in (RFC 8414 section 3)"
    MetadataIssuer "metadata-issuer" "clients reject metadata of another issuer (RFC 8414 section 3.3)"
    Pkce "pkce" "MCP clients refuse to log in where S256 is not offered (RFC 7636 section 4.2)"
    Registration "registration" "a client that is not registered yet registers itself (RFC 7591)"
    ClientMetadataDocuments "client-metadata-documents" "newer clients identify themselves by the URL of a document instead of registering"
    Keys "keys" "tokens are verified with the keys of the environment (RFC 7517)"
    OddKeys "odd-keys" "tokens that are signed with a key that cannot be used are refused"
    McpUrl "mcp-url" "clients compare the URL they call with the one in the server's metadata byte for byte (RFC 9728 section 3.3)"
    Scopes "scopes" "a client can only be granted scopes that the authorization server knows"
    Client "client" "an issuer reports an unknown client or redirect URI only to the user, and the client waits in vain (RFC 6749 section 4.1.2.1)"
    Clock "clock" "exp, nbf and iat of tokens are compared with this machine's clock, with a leeway of 60 s"
    Server "server" "clients call it at this URL"
    ServerChallenge "server-challenge" "the reply to a request without a token starts every login (RFC 9728 section 5.1)"
    ServerMetadata "server-metadata" "clients learn from it who issues tokens for this server (RFC 9728 section 3)"
    ServerResource "server-resource" "clients reject metadata of another resource (RFC 9728 section 3.3)"
    ServerAuthorizationServers "server-authorization-servers" "clients log in at the authorization server that is named there"
    ServerCors "server-cors" "clients that run in a browser, such as MCP Inspector, cannot read other replies"
    Token "token" "the server refuses a token that breaks a rule with 401, and names the rule only in its log"
    TokenScopes "token-scopes" "a good token that lacks a scope is answered with 403 insufficient_scope"
    #[cfg(feature = "management")] {
        Management "management" "live sessions, webhooks, API keys and the directory of users ask the management API, with the credentials of a client of the environment"
        Resource "resource" "tokens are issued for this resource, and their aud must hold its id"
        ResourceUrl "resource-url" "clients name this server by its URL when they ask for a token (RFC 8707 section 2)"
        ResourceScopes "resource-scopes" "only scopes that are enabled for the MCP server can be granted, and every request needs the required ones"
        ResourceMetadata "resource-metadata" "Scalekit derives this document from the settings of the MCP server; where it differs from that of this server, one of them has other settings"
        ResourceRegistration "resource-registration" "a client that is not known to the issuer cannot log in"
        ResourceConsentSettings "resource-consent-settings" "a client may get fewer scopes than it asks for, and is answered with 403 insufficient_scope then"
        ResourceLifetime "resource-lifetime" "a token stays good until it expires, unless it is revoked here: Scalekit advises 300 to 3600 s"
        ResourceXaa "resource-xaa" "with cross-app access, an identity provider of a customer decides which clients get tokens"
        ResourceClients "resource-clients" "these clients can log in, or could"
        ResourceConsents "resource-consents" "a consent is what a user has allowed a client"
        ManagementPermissions "management-permissions" "a call without its permission is answered with 403, and the feature that makes it does not work"
    }
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
        code: &'static str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Finding {
        self.found(Severity::Warning, Some(code), what, Some(fix.into()))
    }

    pub(crate) fn failure(
        self,
        code: &'static str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Finding {
        self.found(Severity::Failure, Some(code), what, Some(fix.into()))
    }

    /// There was nothing to check.
    pub(crate) fn skipped(self, code: &'static str, what: impl Into<String>) -> Finding {
        self.found(Severity::Skipped, Some(code), what, None)
    }

    /// A check that this one depends on has failed.
    pub(crate) fn depends_on(self, other: Self) -> Finding {
        let what = format!("not checked, since it depends on {}", other.id());
        self.skipped("depends", what)
    }

    #[cfg(feature = "management")]
    pub(crate) fn is_of(self, finding: &Finding) -> bool {
        finding.id == self.id()
    }

    fn found(
        self,
        severity: Severity,
        code: Option<&'static str>,
        what: impl Into<String>,
        fix: Option<String>,
    ) -> Finding {
        Finding {
            id: self.id(),
            severity,
            code,
            what: what.into(),
            why: self.why(),
            fix,
        }
    }
}
