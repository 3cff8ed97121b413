//! Where in a request a token may be: in one `Authorization` header, and nowhere else.

use crate::probe::catalogue::{Probe, probes};
use crate::probe::http::Call;
use crate::probe::outcome::{CheckResult, expect};
use crate::probe::refusal::{expect_401, expect_refusal};
use crate::probe::target::Target;

pub(super) fn probes() -> Vec<Probe> {
    probes! { Extraction:
        "token-in-query" Must "MCP authorization, access token usage"
            "a token in the query is not looked at" => query;
        "token-in-form" Must "RFC 9728 section 2"
            "a token in a form is not looked at" => form;
        "token-in-cookie" Must "RFC 6750 section 2"
            "a token in a cookie is not looked at" => cookie;
        "token-in-other-header" Must "RFC 6750 section 2"
            "a token in another header is not looked at" => other_header;
        "token-twice" Must "RFC 6750 section 2"
            "a valid token in the query does not make up for a bad one in the header" => twice;
        "scheme-in-any-case" Must "RFC 9110 section 11.1"
            "bearer and BEARER are the same scheme" => any_case;
        "other-scheme" Must "RFC 6750 section 2.1"
            "a valid token under another scheme is refused" => other_scheme;
        "odd-credentials" Hardening "RFC 6750 section 2.1"
            "malformed credentials are refused, and are no server error" => odd;
        "two-headers" Hardening "RFC 9110 section 5.3"
            "two Authorization headers are refused" => two_headers;
        "odd-bytes" Hardening "RFC 6750 section 2.1"
            "bytes that no token has are refused, and are no server error" => bytes;
        "long-token" Hardening "RFC 9110 section 5.4"
            "a token of 60 KB is refused in time" => long;
    }
}

fn with_query(target: &Target<'_>, call: Call, token: &str) -> Call {
    let separator = if target.url.query().is_some() {
        '&'
    } else {
        '?'
    };
    let path = format!("{}{separator}access_token={token}", call.path);
    call.path(path)
}

async fn query(target: &Target<'_>) -> CheckResult {
    let call = with_query(target, target.unauthenticated_request(), &target.good());
    expect_401("a token in the query", &target.send(&call).await?)
}

async fn form(target: &Target<'_>) -> CheckResult {
    let call = target
        .post(&format!("access_token={}", target.good()))
        .header("content-type", "application/x-www-form-urlencoded");
    expect_401("a token in a form", &target.send(&call).await?)
}

async fn cookie(target: &Target<'_>) -> CheckResult {
    let token = target.good();
    let cookies = format!("access_token={token}; token={token}; Authorization=Bearer {token}");
    let call = target.unauthenticated_request().header("cookie", cookies);
    expect_401("a token in a cookie", &target.send(&call).await?)
}

async fn other_header(target: &Target<'_>) -> CheckResult {
    let token = target.good();
    for name in [
        "x-access-token",
        "x-auth-token",
        "x-forwarded-access-token",
        "proxy-authorization",
        "x-authorization",
    ] {
        let call = target
            .unauthenticated_request()
            .header(name, format!("Bearer {token}"));
        expect_401(&format!("a token in {name}"), &target.send(&call).await?)?;
    }
    Ok(())
}

async fn twice(target: &Target<'_>) -> CheckResult {
    let bad = target.bad();
    let call = with_query(target, target.unauthenticated_request(), &target.good()).bearer(&bad);
    expect_refusal("a token in both places", &target.send(&call).await?)
}

async fn any_case(target: &Target<'_>) -> CheckResult {
    let token = target.good();
    for scheme in ["bearer", "BEARER"] {
        let call = target
            .unauthenticated_request()
            .header("authorization", format!("{scheme} {token}"));
        let answer = target.send(&call).await?;
        expect(answer.is_success(), || {
            format!("a valid token after {scheme} gets {}", answer.status)
        })?;
    }
    Ok(())
}

async fn other_scheme(target: &Target<'_>) -> CheckResult {
    let token = target.good();
    for value in [
        format!("Basic {token}"),
        format!("Token {token}"),
        format!("BearerX {token}"),
        token,
    ] {
        let scheme = value
            .split_once(' ')
            .map_or("no scheme", |(scheme, _)| scheme);
        let what = format!("a valid token with {scheme}");
        let call = target
            .unauthenticated_request()
            .header("authorization", &value);
        expect_refusal(&what, &target.send(&call).await?)?;
    }
    Ok(())
}

async fn odd(target: &Target<'_>) -> CheckResult {
    let token = target.good();
    for (what, value) in [
        ("an empty header", String::new()),
        ("Bearer alone", "Bearer".to_owned()),
        ("Bearer and a space", "Bearer ".to_owned()),
        ("a trailing comma", format!("Bearer {token},")),
        ("two tokens", format!("Bearer {token} {token}")),
        (
            "two credentials in one",
            format!("Bearer {token}, Bearer {token}"),
        ),
        ("a quoted token", format!("Bearer \"{token}\"")),
        ("a colon after Bearer", format!("Bearer: {token}")),
    ] {
        let call = target
            .unauthenticated_request()
            .header("authorization", value);
        expect_refusal(what, &target.send(&call).await?)?;
    }
    Ok(())
}

async fn two_headers(target: &Target<'_>) -> CheckResult {
    let token = target.good();
    for (what, first, second) in [
        (
            "a valid token and Basic",
            format!("Bearer {token}"),
            "Basic eDp5".to_owned(),
        ),
        (
            "Basic and a valid token",
            "Basic eDp5".to_owned(),
            format!("Bearer {token}"),
        ),
        (
            "a valid token and a bad one",
            format!("Bearer {token}"),
            "Bearer x".to_owned(),
        ),
        (
            "an invalid token and a good one",
            "Bearer x".to_owned(),
            format!("Bearer {token}"),
        ),
    ] {
        let call = target
            .unauthenticated_request()
            .also("authorization", first);
        let call = call.also("authorization", second);
        expect_refusal(what, &target.send(&call).await?)?;
    }
    Ok(())
}

async fn bytes(target: &Target<'_>) -> CheckResult {
    for (what, token) in [
        ("bytes that are not UTF-8", b"\xff\xfe\x80".as_slice()),
        ("text that is not ASCII", "café".as_bytes()),
        ("percent signs", b"%00%0d%0a"),
        ("dots alone", b".."),
        ("braces", b"{\"alg\":\"none\"}"),
    ] {
        let mut value = b"Bearer ".to_vec();
        value.extend_from_slice(token);
        let call = target
            .unauthenticated_request()
            .header("authorization", value);
        expect_refusal(what, &target.send(&call).await?)?;
    }
    Ok(())
}

async fn long(target: &Target<'_>) -> CheckResult {
    let token = format!("{}.{}.x", "e".repeat(30_000), "e".repeat(30_000));
    let answer = target.try_token(&token).await?;
    // 431: too long for the server at all.
    expect(matches!(answer.status.as_u16(), 400 | 401 | 431), || {
        format!("a token of 60 KB gets {}", answer.status)
    })
}
