//! What the client does about each misbehaviour of the mock.

/// One misbehaviour.
pub(crate) struct Row {
    /// Its name; `control` for none.
    pub(crate) name: &'static str,
    /// The requests of all logins, in order, each by a word and its status if that is an error.
    pub(crate) requests: &'static str,
    /// The MCP requests, on the wire of 2026-07-28 and on that of 2025-11-25.
    pub(crate) messages: [&'static str; 2],
    /// Who is at fault; empty when the client gets through.
    pub(crate) at_fault: &'static str,
    /// The whole sentence; empty when the client gets through.
    pub(crate) sentence: &'static str,
}

/// All requests of the logins of a client that gets through without a detour.
const LOGINS: &str = "resource issuer register authorize code authorize code refresh refresh";

/// All that the two programs send to a server that behaves.
const THROUGH: [&str; 2] = [
    "server/discover 401, server/discover with token 200, echo with token 200, write with token 403, write with token 200, server/discover with token 401, server/discover with token 200, echo with token 200, echo with token 401, echo with token 200",
    "initialize 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, write with token 403, write with token 200, initialize with token 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, echo with token 401, echo with token 200",
];

/// The one request whose refusal starts the login.
const REFUSED: [&str; 2] = ["server/discover 401", "initialize 401"];

/// All that they send to an older server, which does not know `server/discover`.
const OLDER: [&str; 2] = [
    "server/discover 401, server/discover with token 200, initialize with token 200, notifications/initialized with token 202, echo with token 200, write with token 403, write with token 200, server/discover with token 401, server/discover with token 200, initialize with token 200, notifications/initialized with token 202, echo with token 200, echo with token 401, echo with token 200",
    "initialize 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, write with token 403, write with token 200, initialize with token 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, echo with token 401, echo with token 200",
];

/// Until the first refresh, which fails.
const OUTAGE: [&str; 2] = [
    "server/discover 401, server/discover with token 200, echo with token 200, write with token 403, write with token 200, server/discover with token 401",
    "initialize 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, write with token 403, write with token 200, initialize with token 401",
];

const fn through(name: &'static str, requests: &'static str, messages: [&'static str; 2]) -> Row {
    stopped(name, requests, messages, "", "")
}

const fn stopped(
    name: &'static str,
    requests: &'static str,
    messages: [&'static str; 2],
    at_fault: &'static str,
    sentence: &'static str,
) -> Row {
    Row {
        name,
        requests,
        messages,
        at_fault,
        sentence,
    }
}

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    through("control", LOGINS, THROUGH),
    stopped("other-iss-in-response", "resource issuer register authorize", REFUSED, "issuer",
        "the login callback was refused: it is from another issuer: expected {issuer}, received https://other.example; run again; if it repeats, ask the operator of the authorization server"),
    stopped("slashed-iss-in-response", "resource issuer register authorize", REFUSED, "issuer",
        "the login callback was refused: it is from another issuer: expected {issuer}, received {issuer}/; run again; if it repeats, ask the operator of the authorization server"),
    stopped("without-iss-in-response", "resource issuer register authorize", REFUSED, "issuer",
        "the login callback was refused: it lacks `iss`, which the metadata of the authorization server promises; run again; if it repeats, ask the operator of the authorization server"),
    through("empty-iss-unadvertised", LOGINS, THROUGH),
    stopped("other-state", "resource issuer register authorize", REFUSED, "issuer",
        "the login callback was refused: the state does not belong to this login; run again; if it repeats, ask the operator of the authorization server"),
    stopped("without-state", "resource issuer register authorize", REFUSED, "issuer",
        "the login callback was refused: the state does not belong to this login; run again; if it repeats, ask the operator of the authorization server"),
    through("empty-error-beside-code", LOGINS, THROUGH),
    stopped("empty-code", "resource issuer register authorize", REFUSED, "issuer",
        "the login callback was refused: it has neither a code nor an error; run again; if it repeats, ask the operator of the authorization server"),
    stopped("callback-moved", "resource issuer register authorize", REFUSED, "issuer",
        "the authorization server answered to http://127.0.0.1:8000/auth/callback instead of the redirect URI http://localhost:8000/auth/callback; ask its operator to send responses to the very redirect URI of the request (RFC 6749 section 3.1.2.3)"),
    through("forgets-clients-invalid-client", "resource issuer register authorize code authorize register authorize code refresh refresh", THROUGH),
    through("forgets-clients-unauthorized-client", "resource issuer register authorize code authorize register authorize code refresh refresh", THROUGH),
    stopped("scope-never-granted", "resource issuer register authorize code authorize code", ["server/discover 401, server/discover with token 200, echo with token 200, write with token 403, write with token 403", "initialize 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, write with token 403, write with token 403"], "issuer",
        "this needs the scope notes:read notes:write, and logging in again did not get it; ask the administrator for it, or use --scope"),
    stopped("metadata-of-another-issuer", "resource issuer openid:404 openid:404", REFUSED, "issuer",
        "the metadata of the authorization server cannot be used: {origin}/.well-known/oauth-authorization-server/resources/res_1000000001: it is that of another issuer: expected {issuer}, received https://other.example; ask its operator to correct it (RFC 8414)"),
    stopped("metadata-without-pkce", "resource issuer", REFUSED, "issuer",
        "the metadata of the authorization server cannot be used: code_challenge_methods_supported is absent, so PKCE is not promised; ask its operator to correct it (RFC 8414)"),
    stopped("metadata-without-token-endpoint", "resource issuer openid:404 openid:404", REFUSED, "issuer",
        "the metadata of the authorization server cannot be used: {origin}/.well-known/oauth-authorization-server/resources/res_1000000001: it lacks `token_endpoint`; ask its operator to correct it (RFC 8414)"),
    through("metadata-gone-after-login", LOGINS, THROUGH),
    through("registers-secret-post", LOGINS, THROUGH),
    through("registers-secret-basic", LOGINS, THROUGH),
    through("registers-none-with-secret", LOGINS, THROUGH),
    through("registration-without-redirect-uris", LOGINS, THROUGH),
    stopped("token-type-mac", "resource issuer register authorize code", REFUSED, "issuer",
        "the token response cannot be used: `token_type` is \"mac\", which this client must not use (RFC 6749 section 7.1); ask the operator of the authorization server to correct it (RFC 6749 section 5.1)"),
    stopped("token-type-unknown", "resource issuer register authorize code", REFUSED, "issuer",
        "the token response cannot be used: `token_type` is \"N_A\", which this client must not use (RFC 6749 section 7.1); ask the operator of the authorization server to correct it (RFC 6749 section 5.1)"),
    stopped("token-type-pop", "resource issuer register authorize code", REFUSED, "issuer",
        "the token response cannot be used: `token_type` is \"PoP\", which this client must not use (RFC 6749 section 7.1); ask the operator of the authorization server to correct it (RFC 6749 section 5.1)"),
    stopped("token-type-empty", "resource issuer register authorize code", REFUSED, "issuer",
        "the token response cannot be used: `token_type` is \"\", which this client must not use (RFC 6749 section 7.1); ask the operator of the authorization server to correct it (RFC 6749 section 5.1)"),
    stopped("token-type-absent", "resource issuer register authorize code", REFUSED, "issuer",
        "the token response cannot be used: it lacks `token_type`; ask the operator of the authorization server to correct it (RFC 6749 section 5.1)"),
    through("expires-in-string", LOGINS, THROUGH),
    through("expires-in-fraction", LOGINS, THROUGH),
    through("expires-in-negative", LOGINS, THROUGH),
    stopped("expires-in-zero", "resource issuer register authorize code refresh", ["server/discover 401, server/discover with token 401, server/discover with token 401", "initialize 401, initialize with token 401, initialize with token 401"], "issuer",
        "the authorization server issued a token that expires at once (expires_in), and the MCP server refuses it (invalid_token); ask the operator of the authorization server for a longer lifetime"),
    through("scope-list", LOGINS, THROUGH),
    stopped("token-error-with-200", "resource issuer register authorize code", REFUSED, "issuer",
        "the token endpoint refused: invalid_grant; try again; if it repeats, ask the operator of the authorization server"),
    through("refresh-invalid-request", "resource issuer register authorize code authorize code refresh:400 resource issuer authorize code refresh:400 resource issuer authorize code", THROUGH),
    through("refresh-invalid-scope", "resource issuer register authorize code authorize code refresh:400 resource issuer authorize code refresh:400 resource issuer authorize code", THROUGH),
    through("refresh-invalid-target", "resource issuer register authorize code authorize code refresh:400 resource issuer authorize code refresh:400 resource issuer authorize code", THROUGH),
    through("refresh-unsupported-grant-type", "resource issuer register authorize code authorize code refresh:400 resource issuer authorize code refresh:400 resource issuer authorize code", THROUGH),
    through("refresh-invalid-token", "resource issuer register authorize code authorize code refresh:401 resource issuer authorize code refresh:401 resource issuer authorize code", THROUGH),
    through("refresh-access-denied", "resource issuer register authorize code authorize code refresh:403 resource issuer authorize code refresh:403 resource issuer authorize code", THROUGH),
    through("refresh-html-404", "resource issuer register authorize code authorize code refresh:404 resource issuer authorize code refresh:404 resource issuer authorize code", THROUGH),
    through("refresh-gone", "resource issuer register authorize code authorize code refresh:410 resource issuer authorize code refresh:410 resource issuer authorize code", THROUGH),
    through("refresh-unprocessable", "resource issuer register authorize code authorize code refresh:422 resource issuer authorize code refresh:422 resource issuer authorize code", THROUGH),
    through("refresh-error-with-200", "resource issuer register authorize code authorize code refresh resource issuer authorize code refresh resource issuer authorize code", THROUGH),
    stopped("refresh-server-error", "resource issuer register authorize code authorize code refresh:500 resource issuer", OUTAGE, "issuer",
        "the token endpoint is out of order (HTTP 500); try again later; the stored tokens are kept"),
    stopped("refresh-unavailable", "resource issuer register authorize code authorize code refresh:503 resource issuer", OUTAGE, "issuer",
        "the token endpoint is out of order (HTTP 503); try again later; the stored tokens are kept"),
    stopped("refresh-too-many-requests", "resource issuer register authorize code authorize code refresh:429 resource issuer", OUTAGE, "issuer",
        "the token endpoint is out of order (HTTP 429); try again later; the stored tokens are kept"),
    through("refresh-token-empty", LOGINS, THROUGH),
    through("refresh-token-null", LOGINS, THROUGH),
    through("challenge-absent", LOGINS, THROUGH),
    through("challenge-without-metadata", LOGINS, THROUGH),
    through("challenge-absent-root-metadata", "resource:404 root issuer register authorize code authorize code refresh refresh", THROUGH),
    through("challenge-basic-first", LOGINS, THROUGH),
    through("challenge-basic-first-in-one-line", LOGINS, THROUGH),
    through("challenge-dpop-first", LOGINS, THROUGH),
    through("challenge-spaced", LOGINS, THROUGH),
    through("challenge-unquoted", LOGINS, THROUGH),
    stopped("scope-challenge-without-scope", "resource issuer register authorize code", ["server/discover 401, server/discover with token 200, echo with token 200, write with token 403", "initialize 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, write with token 403"], "server",
        "the MCP server at {server} asks for more scopes (403 insufficient_scope) and names none; give the scopes with --scope, or ask its operator to name them in the challenge (RFC 6750 section 3)"),
    through("initialize-refused-method-not-found", LOGINS, OLDER),
    through("initialize-refused-unsupported-version", LOGINS, OLDER),
    through("initialize-refused-bad-request", LOGINS, OLDER),
    through("initialize-echoes-any-version", LOGINS, OLDER),
    through("discover-method-not-found", LOGINS, OLDER),
    through("discover-bad-request", LOGINS, ["server/discover 401, server/discover with token 400, initialize with token 200, notifications/initialized with token 202, echo with token 200, write with token 403, write with token 200, server/discover with token 401, server/discover with token 400, initialize with token 200, notifications/initialized with token 202, echo with token 200, echo with token 401, echo with token 200", "initialize 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, write with token 403, write with token 200, initialize with token 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, echo with token 401, echo with token 200"]),
    through("discover-not-found", LOGINS, ["server/discover 401, server/discover with token 404, initialize with token 200, notifications/initialized with token 202, echo with token 200, write with token 403, write with token 200, server/discover with token 401, server/discover with token 404, initialize with token 200, notifications/initialized with token 202, echo with token 200, echo with token 401, echo with token 200", "initialize 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, write with token 403, write with token 200, initialize with token 401, initialize with token 200, notifications/initialized with token 202, echo with token 200, echo with token 401, echo with token 200"]),
    stopped("resource-with-query", "resource", REFUSED, "server",
        "the resource metadata at {origin}/.well-known/oauth-protected-resource/mcp cannot be used: its `resource` is {server}?tenant=1, which is not the URL of this server; give the URL {server}?tenant=1 as the last argument if that is the server you mean, or ask the operator of the MCP server to correct `resource` (RFC 9728 section 3.3)"),
    stopped("resource-with-user", "resource", REFUSED, "server",
        "the resource metadata at {origin}/.well-known/oauth-protected-resource/mcp cannot be used: its `resource` is http://user@{address}/mcp, which is not the URL of this server; ask the operator of the MCP server to correct the document (RFC 9728)"),
    stopped("resource-with-fragment", "resource", REFUSED, "server",
        "the resource metadata at {origin}/.well-known/oauth-protected-resource/mcp cannot be used: its `resource` is {server}#tools, which is not the URL of this server; ask the operator of the MCP server to correct the document (RFC 9728)"),
    stopped("resource-parent-path", "resource", REFUSED, "server",
        "the resource metadata at {origin}/.well-known/oauth-protected-resource/mcp cannot be used: its `resource` is {origin}/, which is not the URL of this server; give the URL {origin}/ as the last argument if that is the server you mean, or ask the operator of the MCP server to correct `resource` (RFC 9728 section 3.3)"),
    stopped("resource-of-another-host", "resource", REFUSED, "server",
        "the resource metadata at {origin}/.well-known/oauth-protected-resource/mcp cannot be used: its `resource` is https://other.example/mcp, which is not the URL of this server; give the URL https://other.example/mcp as the last argument if that is the server you mean, or ask the operator of the MCP server to correct `resource` (RFC 9728 section 3.3)"),
    stopped("resource-absent", "resource", REFUSED, "server",
        "the resource metadata at {origin}/.well-known/oauth-protected-resource/mcp cannot be used: it lacks `resource`; ask the operator of the MCP server to correct the document (RFC 9728)"),
    stopped("resource-metadata-without-servers", "resource", REFUSED, "server",
        "the resource metadata at {origin}/.well-known/oauth-protected-resource/mcp cannot be used: it names no authorization server; ask the operator of the MCP server to correct the document (RFC 9728)"),
];
