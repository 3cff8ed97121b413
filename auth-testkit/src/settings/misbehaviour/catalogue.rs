//! The misbehaviours, each declared once: what happens and what is right (its documentation, which the program prints,
//! too), its name, what a correct client does, and whether it is the MCP server's. Its effect is next to what it changes.

use super::reaction::Reaction;
use crate::values::catalog_enum;

macro_rules! misbehaviours {
    (@is_of) => { false };
    (@is_of mcp_server) => { true };
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $reaction:ident $(of $server:ident)?;)*) => {
        catalog_enum! {
            /// One thing that the issuer or its MCP server does wrong, so that authors of clients can test theirs; set
            /// with [`MockScalekitBuilder::misbehave`](crate::MockScalekitBuilder::misbehave).
            ///
            /// Several can be combined. Of two that change the same thing, one has its effect.
            "misbehaviour" Misbehaviour {
                $($(#[doc = $doc])* $variant = $name,)*
            }
        }

        impl Misbehaviour {
            /// What a correct client does about it.
            #[must_use]
            pub fn reaction(self) -> Reaction {
                match self { $(Self::$variant => Reaction::$reaction,)* }
            }

            /// Whether it is the MCP server that misbehaves, which then must be
            /// [on](crate::MockScalekitBuilder::mcp_server). The others can be tried with any MCP server that trusts
            /// the issuer.
            #[must_use]
            pub fn needs_mcp_server(self) -> bool {
                match self { $(Self::$variant => misbehaviours!(@is_of $($server)?),)* }
            }

            /// What happens, what is right, and the rule behind it, in one sentence.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_start(),)* }
            }
        }
    };
}

misbehaviours! {
    // The authorization response.
    /// The authorization response names another issuer: the code must not be exchanged (RFC 9207 section 2.4).
    OtherIssInResponse = "other-iss-in-response", Stop;
    /// The authorization response names the issuer with a slash at its end: not the same string (RFC 9207 section 2.4).
    SlashedIssInResponse = "slashed-iss-in-response", Stop;
    /// The authorization response names no issuer, although the metadata promises that it does (RFC 9207 section 2.4).
    WithoutIssInResponse = "without-iss-in-response", Stop;
    /// The authorization response has an empty `iss`, and the metadata does not promise one: as if it were absent (RFC
    /// 6749 section 3.1, RFC 9207 section 2.4).
    EmptyIssUnadvertised = "empty-iss-unadvertised", Continue;
    /// The authorization response has another `state` than the request (RFC 6749 section 10.12).
    OtherState = "other-state", Stop;
    /// The authorization response has no `state` (RFC 6749 section 4.1.2).
    WithoutState = "without-state", Stop;
    /// The authorization response has a code and an empty `error`: as if the latter were absent (RFC 6749 section 3.1).
    EmptyErrorBesideCode = "empty-error-beside-code", Continue;
    /// The authorization response has an empty `code`: as if it were absent, so there is nothing to exchange (RFC 6749
    /// sections 3.1 and 4.1.2).
    EmptyCode = "empty-code", Stop;
    /// The browser is sent to 127.0.0.1 when the redirect URI has localhost, and to localhost when it has an address:
    /// not the URI of the request (RFC 6749 section 4.1.2, RFC 9700 section 2.1).
    CallbackMoved = "callback-moved", Stop;
    /// A registered client that has logged in is unknown from then on: its next authorization request is answered by a
    /// redirect with `invalid_client`, and the client registers anew (RFC 7591 section 5).
    ForgetsClientsInvalidClient = "forgets-clients-invalid-client", Continue;
    /// A registered client that has logged in may not do so again: its next authorization request is answered by a
    /// redirect with `unauthorized_client`, and the client registers anew (RFC 6749 section 4.1.2.1).
    ForgetsClientsUnauthorizedClient = "forgets-clients-unauthorized-client", Continue;
    /// Of the resource's scopes only the first is ever granted: a client that asks for another, as the tool `write`
    /// needs, asks once and reports that it was not granted (RFC 6749 section 3.3).
    ScopeNeverGranted = "scope-never-granted", Stop;

    // The metadata of the issuer.
    /// The metadata is that of another issuer (RFC 8414 section 3.3).
    MetadataOfAnotherIssuer = "metadata-of-another-issuer", Stop;
    /// The metadata names no PKCE method: a client that follows MCP must not continue (MCP 2025-11-25, authorization
    /// code protection).
    MetadataWithoutPkce = "metadata-without-pkce", Stop;
    /// The metadata has no `token_endpoint` (RFC 8414 section 2).
    MetadataWithoutTokenEndpoint = "metadata-without-token-endpoint", Stop;
    /// Once a user's token was issued, every well-known document is 404: a stored token is used without them (RFC 8414
    /// section 3 asks for the document to find endpoints, not to use a token).
    MetadataGoneAfterLogin = "metadata-gone-after-login", Continue;

    // Registration.
    /// The registration answers with a secret and `client_secret_post`, and the token endpoint accepts no other method:
    /// what was registered counts, not what was asked for (RFC 7591 section 3.2.1).
    RegistersSecretPost = "registers-secret-post", Continue;
    /// The registration answers with a secret and `client_secret_basic`, and the token endpoint accepts no other
    /// method, although the metadata lists `client_secret_post` alone: what was registered counts (RFC 7591 section
    /// 3.2.1).
    RegistersSecretBasic = "registers-secret-basic", Continue;
    /// The registration answers with a secret and the method `none`, and the token endpoint refuses the secret: what
    /// was registered counts (RFC 7591 section 3.2.1).
    RegistersNoneWithSecret = "registers-none-with-secret", Continue;
    /// The registration answers without `redirect_uris`: those that were asked for are registered (RFC 7591 section
    /// 3.2.1).
    RegistrationWithoutRedirectUris = "registration-without-redirect-uris", Continue;

    // Token responses.
    /// The `token_type` is `mac`: the client must not use a token of a type that it does not understand (RFC 6749
    /// section 7.1).
    TokenTypeMac = "token-type-mac", Stop;
    /// The `token_type` is `N_A`, which says that the token is no access token (RFC 8693 section 2.2.1, RFC 6749
    /// section 7.1).
    TokenTypeUnknown = "token-type-unknown", Stop;
    /// The `token_type` is `PoP`: the client must not send the token as a bearer token (RFC 6749 section 7.1, RFC
    /// 9200).
    TokenTypePop = "token-type-pop", Stop;
    /// The `token_type` is empty (RFC 6749 sections 5.1 and 7.1).
    TokenTypeEmpty = "token-type-empty", Stop;
    /// The token response has no `token_type` (RFC 6749 section 5.1).
    TokenTypeAbsent = "token-type-absent", Stop;
    /// `expires_in` is a string of digits: no security depends on it, so it is read all the same (RFC 6749 section
    /// 5.1).
    ExpiresInString = "expires-in-string", Continue;
    /// `expires_in` has a fraction: no security depends on it, so it is read all the same (RFC 6749 appendix A.14).
    ExpiresInFraction = "expires-in-fraction", Continue;
    /// `expires_in` is -1, although the token is valid: not a lifetime, so as if it were absent (RFC 6749 appendix
    /// A.14).
    ExpiresInNegative = "expires-in-negative", Continue;
    /// `expires_in` is 0, and the token has expired when it arrives: the issuer is at fault, and another login does not
    /// help (RFC 6749 section 5.1).
    ExpiresInZero = "expires-in-zero", Stop;
    /// `scope` is a JSON array of strings: it is read as if they were delimited by spaces (RFC 6749 sections 3.3 and
    /// 5.1).
    ScopeList = "scope-list", Continue;
    /// A code is answered by status 200 and `{"error":"invalid_grant"}`: an error of the issuer, not a response without
    /// a token (RFC 6749 section 5.2).
    TokenErrorWith200 = "token-error-with-200", Stop;

    // Refreshing. With a short lifetime of access tokens a client comes to it soon.
    /// Every refresh is refused by 400 and `invalid_request`: the client logs in anew (RFC 6749 section 5.2).
    RefreshInvalidRequest = "refresh-invalid-request", Continue;
    /// Every refresh is refused by 400 and `invalid_scope`: the client logs in anew (RFC 6749 section 5.2).
    RefreshInvalidScope = "refresh-invalid-scope", Continue;
    /// Every refresh is refused by 400 and `invalid_target`: the client logs in anew (RFC 8707 section 2.2).
    RefreshInvalidTarget = "refresh-invalid-target", Continue;
    /// Every refresh is refused by 400 and `unsupported_grant_type`: the client logs in anew (RFC 6749 section 5.2).
    RefreshUnsupportedGrantType = "refresh-unsupported-grant-type", Continue;
    /// Every refresh is refused by 401 and `invalid_token`: the client logs in anew (RFC 6750 section 3.1).
    RefreshInvalidToken = "refresh-invalid-token", Continue;
    /// Every refresh is refused by 403 and `access_denied`: the client logs in anew (RFC 6749 section 5.2).
    RefreshAccessDenied = "refresh-access-denied", Continue;
    /// Every refresh is refused by 404 and a page in HTML: the client logs in anew (RFC 9110 section 15.5.5).
    RefreshHtml404 = "refresh-html-404", Continue;
    /// Every refresh is refused by 410 without a body: the client logs in anew (RFC 9110 section 15.5.11).
    RefreshGone = "refresh-gone", Continue;
    /// Every refresh is refused by 422 and JSON that is not OAuth's: the client logs in anew (RFC 9110 section
    /// 15.5.21).
    RefreshUnprocessable = "refresh-unprocessable", Continue;
    /// Every refresh is refused by status 200 and `{"error":"invalid_grant"}`: the client logs in anew (RFC 6749
    /// section 5.2).
    RefreshErrorWith200 = "refresh-error-with-200", Continue;
    /// Every refresh fails by 500: an outage, so the client keeps its tokens and reports it (RFC 9110 section 15.6.1).
    RefreshServerError = "refresh-server-error", Stop;
    /// Every refresh fails by 503 and `Retry-After`: an outage, so the client keeps its tokens and reports it (RFC 9110
    /// section 15.6.4).
    RefreshUnavailable = "refresh-unavailable", Stop;
    /// Every refresh fails by 429 and `Retry-After`: an outage, so the client keeps its tokens and reports it (RFC 6585
    /// section 4).
    RefreshTooManyRequests = "refresh-too-many-requests", Stop;
    /// A refresh answers with an empty `refresh_token`: as if it were absent, so the client keeps the one that it has,
    /// which stays valid (RFC 6749 sections 3.1 and 6).
    RefreshTokenEmpty = "refresh-token-empty", Continue;
    /// A refresh answers with `"refresh_token": null`: as if it were absent, so the client keeps the one that it has,
    /// which stays valid (RFC 6749 section 6).
    RefreshTokenNull = "refresh-token-null", Continue;

    // The challenges of the MCP server.
    /// A 401 has no `WWW-Authenticate`: the client tries the well-known places of the metadata (MCP 2025-11-25,
    /// protected resource metadata discovery; RFC 9728 section 3.1).
    ChallengeAbsent = "challenge-absent", Continue of mcp_server;
    /// The challenge of a 401 is `Bearer` alone: the client tries the well-known places of the metadata (MCP
    /// 2025-11-25, protected resource metadata discovery; RFC 9728 section 3.1).
    ChallengeWithoutMetadata = "challenge-without-metadata", Continue of mcp_server;
    /// A 401 has no `WWW-Authenticate`, and the metadata is at the root well-known place alone, of the whole origin as
    /// its resource: the client tries it second (MCP 2025-11-25, protected resource metadata discovery).
    ChallengeAbsentRootMetadata = "challenge-absent-root-metadata", Continue of mcp_server;
    /// Each 401 and 403 has two `WWW-Authenticate` lines, `Basic` first: all are read (RFC 9110 section 11.6.1).
    ChallengeBasicFirst = "challenge-basic-first", Continue of mcp_server;
    /// Each 401 and 403 has two challenges in one `WWW-Authenticate` line, `Basic` first: all are read (RFC 9110
    /// section 11.6.1).
    ChallengeBasicFirstInOneLine = "challenge-basic-first-in-one-line", Continue of mcp_server;
    /// Each 401 and 403 has two challenges in one `WWW-Authenticate` line, `DPoP` first: both schemes are accepted
    /// here, and the issuer binds no tokens (RFC 9449 section 7.1, RFC 9110 section 11.6.1).
    ChallengeDpopFirst = "challenge-dpop-first", Continue of mcp_server;
    /// The parameters of the challenge have blanks around `=` and before the comma (RFC 9110 sections 5.6.3 and 11.2).
    ChallengeSpaced = "challenge-spaced", Continue of mcp_server;
    /// Those parameters of the challenge that have no blank have no quotes either, although a URL is no token of RFC
    /// 9110 (section 11.2): it is read leniently, or the well-known places are tried.
    ChallengeUnquoted = "challenge-unquoted", Continue of mcp_server;
    /// A 403 with `insufficient_scope` names no scope: the client cannot know what to ask for, and reports the server
    /// (RFC 6750 section 3.1).
    ScopeChallengeWithoutScope = "scope-challenge-without-scope", Stop of mcp_server;

    // The lifecycle of the MCP server.
    /// The server is older than 2026-07-28, and refuses an `initialize` that offers it by -32601: the client offers
    /// 2025-11-25, the newest that has this request (MCP 2025-11-25, version negotiation).
    InitializeRefusedMethodNotFound = "initialize-refused-method-not-found", Continue of mcp_server;
    /// The server is older than 2026-07-28, and refuses an `initialize` that offers it by -32602 with `supported`: the
    /// client offers one of those (MCP 2025-11-25, version negotiation).
    InitializeRefusedUnsupportedVersion = "initialize-refused-unsupported-version", Continue of mcp_server;
    /// The server is older than 2026-07-28, and refuses an `initialize` that offers it by 400 without JSON: the client
    /// offers 2025-11-25 (MCP 2025-11-25, version negotiation).
    InitializeRefusedBadRequest = "initialize-refused-bad-request", Continue of mcp_server;
    /// The server is older than 2026-07-28, and agrees to any version that an `initialize` offers: the client offers
    /// 2025-11-25, as later ones have no handshake (MCP 2026-07-28, versioning).
    InitializeEchoesAnyVersion = "initialize-echoes-any-version", Continue of mcp_server;
    /// The server is older than 2026-07-28, and answers `server/discover` by -32601: the client begins with
    /// `initialize` (MCP 2026-07-28, versioning).
    DiscoverMethodNotFound = "discover-method-not-found", Continue of mcp_server;
    /// The server is older than 2026-07-28, and answers `server/discover` by 400 without JSON: the client begins with
    /// `initialize` (MCP 2026-07-28, versioning).
    DiscoverBadRequest = "discover-bad-request", Continue of mcp_server;
    /// The server is older than 2026-07-28, and answers `server/discover` by 404 without JSON: the client begins with
    /// `initialize` (MCP 2026-07-28, versioning).
    DiscoverNotFound = "discover-not-found", Continue of mcp_server;

    // The metadata of the MCP server.
    /// The `resource` of the metadata has a query that the server's URL lacks: not identical (RFC 9728 section 3.3).
    ResourceWithQuery = "resource-with-query", Stop of mcp_server;
    /// The `resource` of the metadata has a user name that the server's URL lacks: not identical (RFC 9728 section
    /// 3.3).
    ResourceWithUser = "resource-with-user", Stop of mcp_server;
    /// The `resource` of the metadata has a fragment, which no resource identifier may have (RFC 9728 sections 1.2 and
    /// 3.3).
    ResourceWithFragment = "resource-with-fragment", Stop of mcp_server;
    /// The `resource` of the metadata is the parent path of the server's URL: not identical (RFC 9728 section 3.3).
    ResourceParentPath = "resource-parent-path", Stop of mcp_server;
    /// The `resource` of the metadata is on another host: a token for it must not be requested (RFC 9728 sections 3.3
    /// and 7.3).
    ResourceOfAnotherHost = "resource-of-another-host", Stop of mcp_server;
    /// The metadata has no `resource` (RFC 9728 sections 2 and 3.3).
    ResourceAbsent = "resource-absent", Stop of mcp_server;
    /// The metadata has no `authorization_servers`: the server is at fault, as MCP requires one (MCP 2025-11-25,
    /// authorization server location; RFC 9728 section 2).
    ResourceMetadataWithoutServers = "resource-metadata-without-servers", Stop of mcp_server;
}
