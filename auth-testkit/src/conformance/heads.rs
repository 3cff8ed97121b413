//! What a provider does with the head of a request.

use std::sync::Arc;

use auth_core::provider::AuthProvider;
use auth_core::verifier::{RequestHead, TokenVerifier};
use http::Request;
use http::request::Parts;

use super::harness::Harness;
use super::verdict::Verdict;

/// Requests that differ from the first in one respect each: what clients choose as they like, and what proxies add.
fn heads() -> Vec<(&'static str, Parts)> {
    let control = || Request::post("/mcp").header("host", "127.0.0.1:8000");
    let with = |name: &'static str, value: &'static str| control().header(name, value).body(());
    let requests = [
        ("as usual", control().body(())),
        (
            "another Host",
            Request::post("/mcp")
                .header("host", "other.example")
                .body(()),
        ),
        (
            "another authority",
            Request::post("http://other.example/mcp").body(()),
        ),
        (
            "another path",
            Request::post("/other")
                .header("host", "127.0.0.1:8000")
                .body(()),
        ),
        (
            "a query",
            Request::post("/mcp?tenant=other")
                .header("host", "127.0.0.1:8000")
                .body(()),
        ),
        (
            "another method",
            Request::get("/mcp")
                .header("host", "127.0.0.1:8000")
                .body(()),
        ),
        (
            "Forwarded",
            with("forwarded", "host=other.example;for=10.0.0.1"),
        ),
        (
            "X-Forwarded-Host",
            with("x-forwarded-host", "other.example"),
        ),
        ("X-Forwarded-For", with("x-forwarded-for", "10.0.0.1")),
        ("X-Forwarded-Proto", with("x-forwarded-proto", "https")),
        ("Origin", with("origin", "https://other.example")),
        ("Cookie", with("cookie", "session=other")),
        ("X-Tenant", with("x-tenant", "other")),
        ("X-Api-Key", with("x-api-key", "other")),
        ("Client-Cert", with("client-cert", ":b3RoZXI=:")),
        ("Mcp-Session-Id", with("mcp-session-id", "other")),
    ];
    let parts = requests.into_iter().filter_map(|(name, request)| {
        let (parts, ()) = request.ok()?.into_parts();
        Some((name, parts))
    });
    parts.collect()
}

/// What a verdict is, for comparing it with another.
fn same(one: &Verdict, other: &Verdict) -> bool {
    match (one, other) {
        (Verdict::Accepted(one), Verdict::Accepted(other)) => {
            one.principal() == other.principal()
                && one.scopes() == other.scopes()
                && one.confirmation() == other.confirmation()
        }
        (Verdict::Refused(_), Verdict::Refused(_)) => true,
        _ => false,
    }
}

/// Where the provider says that the difference does not matter, it must not. One that says nothing is not asked
/// for the sake of another request.
pub(super) async fn declares_dependence<P: AuthProvider>(
    harness: &Harness<P>,
    token: &str,
) -> Result<(), String> {
    let ask = async |head: &Parts| {
        let asked = harness.ask_with_head(
            Arc::clone(&harness.provider),
            token.to_owned(),
            head.clone(),
        );
        asked.await.unwrap_or(Verdict::Panicked)
    };
    let heads = heads();
    let mut evaluated = Vec::new();
    for (name, head) in &heads {
        let verdict = ask(head).await;
        if matches!(verdict, Verdict::Panicked | Verdict::TooLate) {
            return Err(format!(
                "a valid credential with {name} {}",
                verdict.described()
            ));
        }
        let vary = harness.provider.vary(RequestHead::of(head));
        evaluated.push((*name, vary, verdict));
    }
    for (at, (name, vary, verdict)) in evaluated.iter().enumerate() {
        for (other, other_vary, other_verdict) in evaluated.iter().take(at) {
            let declared_same = vary.is_some() && vary == other_vary;
            if declared_same && !same(verdict, other_verdict) {
                return Err(format!(
                    "a valid credential {} in a request with {name}, and {} in one with {other}, while vary() says \
                     that these are the same",
                    verdict.described(),
                    other_verdict.described()
                ));
            }
        }
    }
    Ok(())
}
