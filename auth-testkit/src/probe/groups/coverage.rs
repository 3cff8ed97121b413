//! Everything that must not be reached without a token.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::claims::ended;
use crate::mcp::Protocol;
use crate::probe::catalogue::{Probe, probes};
use crate::probe::credentials::SUBJECT;
use crate::probe::http::Connection;
use crate::probe::mcp::Session;
use crate::probe::outcome::{CheckResult, expect, failed, untestable};
use crate::probe::refusal::expect_401;
use crate::probe::target::Target;

pub(super) fn probes() -> Vec<Probe> {
    probes! { Coverage:
        "every-message" Must "MCP authorization, access token usage"
            "no message of MCP is served without a token" => every_message;
        "every-method" Must "MCP authorization, access token usage"
            "no HTTP method is served without a token" => every_method;
        "unknown-methods" Hardening "RFC 9110 section 9.1"
            "odd HTTP methods are no server error" => unknown_methods;
        "before-the-body" Should "RFC 6750 section 3"
            "a token is asked for before the body is read" => before_the_body;
        "paths" Must "RFC 3986 section 6.2.2"
            "no other spelling of the path is served without a token" => paths;
        "method-override" Hardening "RFC 9110 section 9.1"
            "headers that name another method change nothing" => method_override;
        "path-override" Hardening "RFC 9110 section 7.1"
            "headers that name another path change nothing" => path_override;
        "nothing-told" Should "RFC 9110 section 15.5.2"
            "a refusal reveals neither tools nor server" => reveals_nothing;
        "each-request" Must "MCP authorization, access token usage"
            "on a connection that was used with a valid token, each request needs one" => each_request;
        "expires-in-session" Must "RFC 7519 section 4.1.4"
            "a token that ends in the middle of a session is refused from then on" => expires;
    }
}

/// Not served: refused, or not found.
fn expect_closed(what: &str, answer: &crate::probe::http::HttpReply) -> CheckResult {
    expect(answer.status.is_client_error(), || {
        format!("{what} gets {}", answer.status)
    })
}

async fn every_message(target: &Target<'_>) -> CheckResult {
    for method in [
        "initialize",
        "server/discover",
        "ping",
        "tools/list",
        "tools/call",
        "resources/list",
        "prompts/list",
        "logging/setLevel",
        "subscriptions/listen",
        "completion/complete",
        "no/such/method",
    ] {
        let call = target.protocol.request(target, method, json!({}));
        expect_401(method, &target.send(&call).await?)?;
    }
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let call = target.post(&notification.to_string());
    expect_401("a notification", &target.send(&call).await?)
}

async fn every_method(target: &Target<'_>) -> CheckResult {
    let session = Session::none(target);
    for method in [
        Method::GET,
        Method::HEAD,
        Method::DELETE,
        Method::PUT,
        Method::PATCH,
    ] {
        let call = session.bare(target, method.clone());
        expect_closed(method.as_str(), &target.send(&call).await?)?;
    }
    Ok(())
}

async fn unknown_methods(target: &Target<'_>) -> CheckResult {
    for method in [b"PROBE".as_slice(), b"TRACE", b"PROPFIND", b"get"] {
        let method = Method::from_bytes(method).expect("a method");
        let answer = target
            .send(&target.unauthenticated_request().method(method.clone()))
            .await?;
        let sane = answer.status.is_client_error() || answer.status == 501;
        expect(sane, || format!("{method} gets {}", answer.status))?;
    }
    Ok(())
}

async fn before_the_body(target: &Target<'_>) -> CheckResult {
    for (what, call) in [
        ("no JSON", target.unauthenticated_request().body("{")),
        ("no body", target.unauthenticated_request().body("")),
        (
            "another media type",
            target
                .unauthenticated_request()
                .header("content-type", "text/plain"),
        ),
        (
            "another Accept",
            target
                .unauthenticated_request()
                .header("accept", "image/png"),
        ),
        (
            "an unknown session",
            target
                .unauthenticated_request()
                .header("mcp-session-id", "unknown"),
        ),
        (
            "another protocol version",
            target
                .unauthenticated_request()
                .header("mcp-protocol-version", "1"),
        ),
        (
            "a body of 2 MB that does not come",
            target.unauthenticated_request().begin_body(2_000_000),
        ),
    ] {
        expect_401(what, &target.send(&call).await?)?;
    }
    Ok(())
}

async fn paths(target: &Target<'_>) -> CheckResult {
    let path = target.url.path().to_owned();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let mut rest = name.chars();
    let Some(first) = rest.next().map(u32::from) else {
        return untestable("the server is at the root: its path has no other spelling");
    };
    let rest = rest.as_str();
    let upper = path.to_ascii_uppercase();
    for other in [
        format!("{path}/"),
        format!("/{path}"),
        format!("{path}//"),
        format!("{folder}/%{first:02x}{rest}"),
        format!("{folder}/%{first:02X}{rest}"),
        format!("{path}%2f"),
        format!("{path}%00"),
        format!("{path};x"),
        format!("{path}."),
        format!("{folder}/./{name}"),
        format!("{folder}/x/../{name}"),
        format!("{folder}/x/%2e%2e/{name}"),
        format!("{path}?x=/.well-known/oauth-protected-resource"),
        format!("/.well-known/..{path}"),
        upper,
    ] {
        let answer = target
            .send(&target.unauthenticated_request().path(other.as_str()))
            .await?;
        expect(!answer.is_success(), || {
            format!("{other} gets {}", answer.status)
        })?;
    }
    Ok(())
}

async fn method_override(target: &Target<'_>) -> CheckResult {
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
    ] {
        for method in ["OPTIONS", "GET", "HEAD"] {
            let call = target.unauthenticated_request().header(name, method);
            expect_401(&format!("{name}: {method}"), &target.send(&call).await?)?;
        }
    }
    Ok(())
}

async fn path_override(target: &Target<'_>) -> CheckResult {
    for name in ["x-original-url", "x-rewrite-url", "x-forwarded-uri"] {
        let call = target
            .unauthenticated_request()
            .header(name, "/.well-known/oauth-protected-resource");
        expect_401(name, &target.send(&call).await?)?;
    }
    Ok(())
}

async fn reveals_nothing(target: &Target<'_>) -> CheckResult {
    let answer = target.send(&target.unauthenticated_request()).await?;
    for name in ["serverInfo", "protocolVersion", "capabilities", "\"tools\""] {
        expect(!answer.body.contains(name), || {
            format!("{name} is in the body of the refusal")
        })?;
    }
    Ok(())
}

async fn each_request(target: &Target<'_>) -> CheckResult {
    let mut connection = Connection::open(&target.authority()).await?;
    let good = target.unauthenticated_request().bearer(&target.good());
    let bad = target.unauthenticated_request().bearer(&target.bad());
    for (what, call, is_good) in [
        ("a valid token", &good, true),
        (
            "no token after a valid one",
            &target.unauthenticated_request(),
            false,
        ),
        ("an invalid token after a good one", &bad, false),
        ("a valid token after a bad one", &good, true),
    ] {
        let answer = match connection.send(call).await {
            Ok(answer) => answer,
            // It may have been closed after a refusal.
            Err(_) => {
                connection = Connection::open(&target.authority()).await?;
                connection.send(call).await?
            }
        };
        match is_good {
            true => expect(answer.is_success(), || {
                format!("{what} gets {}", answer.status)
            })?,
            false => expect_401(what, &answer)?,
        }
    }
    Ok(())
}

/// The leeway of the server: how long after it expired a token is still accepted, of the leeways that are in use.
async fn leeway(target: &Target<'_>) -> CheckResult<u64> {
    for seconds in [0, 5, 10, 30, 60, 120] {
        if target.try_token(&ended(target, seconds + 1)?).await?.status == 401 {
            return Ok(seconds);
        }
    }
    failed("a token that expired two minutes ago is accepted")
}

async fn expires(target: &Target<'_>) -> CheckResult {
    // With its leeway it ends in three seconds.
    let (leeway, token) = match target.api_keys() {
        Ok(keys) => {
            let holder = target.holder(SUBJECT, target.all_scopes());
            let draft = keys.draft(target.issuer, &holder);
            let draft = draft.expires_in(Duration::from_secs(3));
            let key = target.issuer.admin().create_api_key(draft);
            (0, key.expose().to_owned())
        }
        Err(_) => {
            let leeway = leeway(target).await?;
            let begun = target.issuer.clock().now() - Duration::from_secs(600 + leeway);
            let token = target.jwt()?.lifetime(Duration::from_secs(603));
            (leeway, token.issued_at(begun).sign())
        }
    };
    let session = Session::begin(target, &token).await?;
    let call = match target.protocol {
        Protocol::Stateful => session.request(target, "ping", json!({})),
        Protocol::Stateless => session.request(target, "tools/list", json!({})),
    };
    let before = target.send(&call.clone().bearer(&token)).await?;
    expect(before.is_success() && before.message().is_some(), || {
        format!("before its end the token gets {}", before.status)
    })?;
    // The leeway may be anything up to the next of those that were tried.
    for _ in 0..6 + leeway.min(30) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let answer = target.send(&call.clone().bearer(&token)).await?;
        if answer.status == 401 {
            return Ok(());
        }
    }
    failed("a token that has expired is still accepted")
}
