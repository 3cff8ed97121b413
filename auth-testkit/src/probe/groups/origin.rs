//! `Host` and `Origin`: pages of other sites must not reach a server on this machine (DNS rebinding).

use crate::probe::catalogue::{Probe, probes};
use crate::probe::outcome::{CheckResult, expect};
use crate::probe::target::Target;

pub(super) fn probes() -> Vec<Probe> {
    probes! { Origin:
        "own-origin" Must "MCP transports, security"
            "a page of the server itself is admitted with a token" => own_origin;
        "foreign-origin" Must "MCP transports, security"
            "a page of another site is refused, with a valid token too" => foreign_origin;
        "null-origin" Hardening "RFC 6454 section 7"
            "a page without an origin is refused" => null_origin;
        "origin-looks-alike" Must "RFC 6454 section 5"
            "an origin that only looks like the server's is another" => looks_alike;
        "foreign-host" Should "MCP transports, security"
            "a request for another host is refused, with a valid token too" => foreign_host;
        "foreign-origin-is-told-nothing" Hardening "MCP transports, security"
            "a page of another site without a token is refused too" => foreign_origin_without_token;
    }
}

async fn from(target: &Target<'_>, origin: &str) -> CheckResult<http::StatusCode> {
    let call = target.unauthenticated_request().header("origin", origin);
    Ok(target.send(&call.bearer(&target.good())).await?.status)
}

async fn expect_refused(target: &Target<'_>, origin: &str) -> CheckResult {
    let status = from(target, origin).await?;
    expect(status.is_client_error(), || {
        format!("Origin: {origin} gets {status}")
    })
}

async fn own_origin(target: &Target<'_>) -> CheckResult {
    let origin = target.origin();
    let status = from(target, &origin).await?;
    expect(status.is_success(), || {
        format!("Origin: {origin} gets {status}")
    })
}

async fn foreign_origin(target: &Target<'_>) -> CheckResult {
    expect_refused(target, "https://evil.example").await
}

async fn null_origin(target: &Target<'_>) -> CheckResult {
    expect_refused(target, "null").await
}

async fn looks_alike(target: &Target<'_>) -> CheckResult {
    let own = target.origin();
    for origin in [
        format!("{own}.evil.example"),
        format!("{}://evil.example.{}", target.url.scheme(), target.host()),
        "http://localhost.evil.example".to_owned(),
        "http://127.0.0.1.evil.example".to_owned(),
    ] {
        expect_refused(target, &origin).await?;
    }
    Ok(())
}

async fn foreign_host(target: &Target<'_>) -> CheckResult {
    let call = target
        .unauthenticated_request()
        .header("host", "evil.example");
    let answer = target.send(&call.bearer(&target.good())).await?;
    expect(answer.status.is_client_error(), || {
        format!("Host: evil.example gets {}", answer.status)
    })
}

async fn foreign_origin_without_token(target: &Target<'_>) -> CheckResult {
    let call = target
        .unauthenticated_request()
        .header("origin", "https://evil.example");
    let answer = target.send(&call).await?;
    expect(answer.status.is_client_error(), || {
        format!("the answer is {}", answer.status)
    })?;
    let allowed = answer.value("access-control-allow-origin");
    let credentials = answer.value("access-control-allow-credentials");
    expect(allowed.is_none() || credentials != Some("true"), || {
        "pages of other sites may read answers with credentials".to_owned()
    })
}
