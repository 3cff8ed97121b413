//! Every kind of error: its code, who is at fault, and its sentence.

use std::collections::BTreeSet;

use super::ClientError;

const SERVER: &str = "https://mcp.example.com/mcp";

/// The code of an error. A new variant does not compile until it has a row below.
fn code(error: &ClientError) -> &'static str {
    use ClientError as E;
    match error {
        E::Usage(_) => "usage",
        E::ServerUnreachable { .. } => "server_unreachable",
        E::NotMcp { .. } => "not_mcp",
        E::ServerFailed { .. } => "server_failed",
        E::Handshake { .. } => "handshake",
        E::NoAuthorizationServer { .. } => "no_authorization_server",
        E::Forbidden { .. } => "forbidden",
        E::IssuerUnreachable { .. } => "issuer_unreachable",
        E::ForbiddenAddress { .. } => "forbidden_address",
        E::OtherIssuer { .. } => "other_issuer",
        E::ResourceMetadata { .. } => "resource_metadata",
        E::Metadata(_) => "issuer_metadata",
        E::Registration(_) => "registration",
        E::CallbackPortTaken { .. } => "callback_port_taken",
        E::CallbackListener(_) => "callback_listener",
        E::UnsafeUrl(_) => "unsafe_url",
        E::Denied { .. } => "denied",
        E::LoginPage { .. } => "login_page",
        E::AuthorizeRefused { .. } => "authorize_refused",
        E::CallbackMoved { .. } => "callback_moved",
        E::Headless(_) => "headless",
        E::Timeout { .. } => "timeout",
        E::Callback(_) => "callback",
        E::Token(_) => "token_refused",
        E::TokenUnavailable(_) => "token_unavailable",
        E::TokenResponse(_) => "token_response",
        E::UnknownClient => "unknown_client",
        E::Key(_) => "key",
        E::Credentials(_) => "credentials",
        E::NoTokens(_) => "no_tokens",
        E::Revocation(_) => "revocation",
        E::Keyring(_) => "keyring",
        E::Store { .. } => "store",
        E::InsufficientScope { .. } => "insufficient_scope",
        E::ScopeNotNamed { .. } => "scope_not_named",
        E::StillRefused { .. } => "still_refused",
        E::Tool { .. } => "tool",
        E::Mcp { .. } => "mcp",
        E::Internal(_) => "internal",
    }
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn rows() -> Vec<(ClientError, &'static str, &'static str)> {
    use ClientError as E;
    let url = || SERVER.to_owned();
    let text = str::to_owned;
    vec![
        (
            E::Usage(text("the MCP URL is empty")),
            "client",
            "the MCP URL is empty",
        ),
        (
            E::ServerUnreachable {
                url: url(),
                reason: text("connection refused"),
            },
            "network",
            "no MCP server answers at https://mcp.example.com/mcp (connection refused); start it, for example with `cargo run -p examples --bin server`, or give its URL as the last argument",
        ),
        (
            E::NotMcp {
                url: url(),
                reason: text("HTTP 404"),
            },
            "server",
            "https://mcp.example.com/mcp does not answer as an MCP endpoint (HTTP 404); check the path of the URL, often /mcp",
        ),
        (
            E::ServerFailed {
                url: url(),
                status: 503,
            },
            "server",
            "the MCP server at https://mcp.example.com/mcp failed (HTTP 503); try again later, or ask its operator",
        ),
        (
            E::Handshake {
                url: url(),
                reason: text("method not found"),
            },
            "server",
            "the MCP server at https://mcp.example.com/mcp does not complete the handshake (method not found); choose another version with --wire, or ask its operator to update it",
        ),
        (
            E::NoAuthorizationServer {
                url: url(),
                tried: vec![text("https://a"), text("https://b")],
            },
            "server",
            "the MCP server at https://mcp.example.com/mcp asks for a login and names no authorization server, neither in WWW-Authenticate nor at https://a or https://b; ask its operator to publish protected resource metadata (RFC 9728)",
        ),
        (
            E::Forbidden {
                url: url(),
                reason: text("HTTP 403"),
            },
            "server",
            "the MCP server at https://mcp.example.com/mcp refuses this user or client (HTTP 403); no scope would change that, so ask its administrator for access",
        ),
        (
            E::IssuerUnreachable {
                url: text("https://as.example.com/x"),
                reason: text("HTTP 502"),
            },
            "network",
            "cannot read https://as.example.com/x (HTTP 502); check that the authorization server is running and reachable from here",
        ),
        (
            E::ForbiddenAddress {
                place: text("https://10.0.0.1/"),
            },
            "server",
            "metadata of this server leads to https://10.0.0.1/, which is at a private or reserved address; give --allow-private if that is on your own network (loopback and reserved addresses are never used)",
        ),
        (
            E::OtherIssuer {
                url: url(),
                expected: text("https://a"),
                found: text("https://b"),
            },
            "server",
            "the MCP server at https://mcp.example.com/mcp names https://b as its authorization server, and these credentials are for https://a; if the server has moved there, give --issuer https://b; otherwise send it nothing, and ask its operator",
        ),
        (
            E::ResourceMetadata {
                url: text("https://m"),
                reason: text("it lacks `resource`"),
                resource: None,
            },
            "server",
            "the resource metadata at https://m cannot be used: it lacks `resource`; ask the operator of the MCP server to correct the document (RFC 9728)",
        ),
        (
            E::ResourceMetadata {
                url: text("https://m"),
                reason: text("its `resource` is https://o"),
                resource: Some(text("https://o")),
            },
            "server",
            "the resource metadata at https://m cannot be used: its `resource` is https://o; give the URL https://o as the last argument if that is the server you mean, or ask the operator of the MCP server to correct `resource` (RFC 9728 section 3.3)",
        ),
        (
            E::Metadata(text("it lacks `issuer`")),
            "issuer",
            "the metadata of the authorization server cannot be used: it lacks `issuer`; ask its operator to correct it (RFC 8414)",
        ),
        (
            E::Registration(text("HTTP 403")),
            "issuer",
            "the authorization server did not register this client (HTTP 403); register one by hand and give it with --client-id",
        ),
        (
            E::CallbackPortTaken { port: 8000 },
            "client",
            "callback port 8000 is taken on loopback; choose another with --callback-port, or leave it out for a free one",
        ),
        (
            E::CallbackListener(text("address not available")),
            "client",
            "cannot listen for the login callback on loopback (address not available); check that this machine has a loopback interface that programs may listen on",
        ),
        (
            E::UnsafeUrl(text("it has the scheme file")),
            "issuer",
            "the authorization endpoint cannot be opened: it has the scheme file; ask the operator of the authorization server for an https endpoint",
        ),
        (
            E::Denied {
                error: text("access_denied"),
                description: Some(text("not today")),
            },
            "user",
            "the login was refused: access_denied, not today; log in again and approve the request",
        ),
        (
            E::Denied {
                error: text("server_error"),
                description: None,
            },
            "issuer",
            "the login was refused: server_error; ask the operator of the authorization server what this code means there",
        ),
        (
            E::LoginPage {
                url: text("https://as.example.com/login"),
            },
            "client",
            "https://as.example.com/login shows a page instead of approving by itself; run without --headless to log in with a browser",
        ),
        (
            E::AuthorizeRefused {
                status: 400,
                reason: text("invalid_client"),
            },
            "issuer",
            "the authorization endpoint answered 400 (invalid_client); check --client-id and --scope, or ask the operator of the authorization server",
        ),
        (
            E::CallbackMoved {
                expected: text("http://localhost:1/"),
                received: text("http://127.0.0.1:1/"),
            },
            "issuer",
            "the authorization server answered to http://127.0.0.1:1/ instead of the redirect URI http://localhost:1/; ask its operator to send responses to the very redirect URI of the request (RFC 6749 section 3.1.2.3)",
        ),
        (
            E::Headless(text("more than 10 redirects")),
            "issuer",
            "the headless login stopped: more than 10 redirects; run without --headless to log in with a browser",
        ),
        (
            E::Timeout { seconds: 300 },
            "user",
            "no login arrived within 300 s; run again, or increase --timeout",
        ),
        (
            E::Callback(text("it lacks `iss`")),
            "issuer",
            "the login callback was refused: it lacks `iss`; run again; if it repeats, ask the operator of the authorization server",
        ),
        (
            E::Token(text("invalid_grant")),
            "issuer",
            "the token endpoint refused: invalid_grant; try again; if it repeats, ask the operator of the authorization server",
        ),
        (
            E::TokenUnavailable(text("HTTP 503")),
            "issuer",
            "the token endpoint is out of order (HTTP 503); try again later; the stored tokens are kept",
        ),
        (
            E::TokenResponse(text("it lacks `token_type`")),
            "issuer",
            "the token response cannot be used: it lacks `token_type`; ask the operator of the authorization server to correct it (RFC 6749 section 5.1)",
        ),
        (
            E::UnknownClient,
            "client",
            "the issuer does not accept this client; check --client-id, and set MCP_CLIENT_SECRET or --private-key",
        ),
        (
            E::Key(text("the proof key does not sign")),
            "client",
            "the proof key does not sign; give another key, or remove the stored one with `client tokens clear`",
        ),
        (
            E::Credentials(text("the token store is locked; end the other process")),
            "client",
            "the token store is locked; end the other process",
        ),
        (
            E::NoTokens(url()),
            "client",
            "no tokens for https://mcp.example.com/mcp; log in with `client login`",
        ),
        (
            E::Revocation(text("HTTP 400")),
            "issuer",
            "the issuer did not revoke the tokens (HTTP 400); to only forget them here: client tokens clear URL",
        ),
        (
            E::Keyring(text("it is locked")),
            "client",
            "the system's keyring cannot be used (it is locked); set MCP_CLIENT_PASSPHRASE to a passphrase that protects the tokens",
        ),
        (
            E::Store {
                path: "/t".into(),
                reason: text("permission denied"),
            },
            "client",
            "token store /t: permission denied; choose another directory with --token-dir",
        ),
        (
            E::InsufficientScope {
                wanted: text("notes:write"),
            },
            "issuer",
            "this needs the scope notes:write, and logging in again did not get it; ask the administrator for it, or use --scope",
        ),
        (
            E::ScopeNotNamed { url: url() },
            "server",
            "the MCP server at https://mcp.example.com/mcp asks for more scopes (403 insufficient_scope) and names none; give the scopes with --scope, or ask its operator to name them in the challenge (RFC 6750 section 3)",
        ),
        (
            E::StillRefused {
                url: url(),
                reason: text("invalid_token"),
                expires_at_once: false,
            },
            "server",
            "the MCP server at https://mcp.example.com/mcp refuses the token it was just given (invalid_token); check that server and authorization server agree on issuer and audience",
        ),
        (
            E::StillRefused {
                url: url(),
                reason: text("invalid_token"),
                expires_at_once: true,
            },
            "issuer",
            "the authorization server issued a token that expires at once (expires_in), and the MCP server refuses it (invalid_token); ask the operator of the authorization server for a longer lifetime",
        ),
        (
            E::Tool {
                tool: text("echo"),
                reason: text("no text"),
            },
            "server",
            "tool echo: no text",
        ),
        (
            E::Mcp {
                url: url(),
                reason: text("-32603"),
            },
            "server",
            "the MCP server at https://mcp.example.com/mcp answered with an error: -32603",
        ),
        (
            E::Internal(text("cannot set up the HTTP client")),
            "client",
            "this client failed: cannot set up the HTTP client; report it with the output of --trace",
        ),
    ]
}

#[test]
fn each_error_names_who_is_at_fault_what_was_seen_and_what_to_do() {
    let mut codes = BTreeSet::new();
    for (error, at_fault, sentence) in rows() {
        let report = error.report();
        assert_eq!(report.code, code(&error));
        codes.insert(report.code);
        assert_eq!(error.to_string(), sentence, "{}", report.code);
        assert_eq!(error.at_fault().name(), at_fault, "{}", report.code);
        assert_eq!(report.at_fault, at_fault);
        // The parts are those of the sentence.
        let joined = match &report.fix {
            Some(fix) => format!("{}; {fix}", report.seen),
            None => report.seen.clone(),
        };
        assert_eq!(joined, sentence);
        assert!(
            !sentence.contains('\n') && !sentence.ends_with('.'),
            "{sentence}"
        );
        assert_eq!(
            error.exit_code(),
            if report.code == "usage" { 2 } else { 1 }
        );
    }
    assert_eq!(codes.len(), 39, "each kind has a row");
}

#[test]
fn a_program_gets_the_parts_as_json() {
    let report = ClientError::Timeout { seconds: 5 }.report();
    assert_eq!(
        serde_json::to_string(&report).ok().as_deref(),
        Some(
            r#"{"code":"timeout","at_fault":"user","seen":"no login arrived within 5 s","fix":"run again, or increase --timeout"}"#
        )
    );
}
