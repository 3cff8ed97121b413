//! Who is who, and whose session it is.

use http::Method;
use serde_json::json;

use crate::probe::catalogue::{Probe, probes};
use crate::probe::http::HttpReply;
use crate::probe::mcp::{self, Session};
use crate::probe::outcome::{CheckResult, expect, failed};
use crate::probe::refusal::expect_401;
use crate::probe::target::{READ, Target};
use crate::probe::tools::ToolRole;

pub(super) fn probes() -> Vec<Probe> {
    probes! { Identity:
        "whoami" Must "RFC 9068 section 2.2"
            "50 callers at once each get their own sub" => whoami;
        "session-without-token" Must "MCP security, session hijacking"
            "a session id is no token" => without_token;
        "session-of-another" Should "MCP security, session hijacking"
            "a session is of no use to another user" => of_another;
        "stream-of-another" Should "MCP security, session hijacking"
            "the stream of a session is not for another user" => stream;
        "end-of-another" Should "MCP security, session hijacking"
            "another user cannot end a session" => end;
        "session-with-the-next-token" Must "RFC 6749 section 1.5"
            "the same user continues the session with the next token" => next_token;
        "not-public" Hardening "RFC 9111 section 3.5; MCP caching (2026-07-28)"
            "what depends on the caller may not be kept for others" => not_public;
    }
}

/// Two users, by ids as the management API has them.
const ADA: &str = "usr_5100000001";
const BOB: &str = "usr_5100000002";

fn of(target: &Target<'_>, sub: &str) -> String {
    target.good_of(sub)
}

async fn whoami(target: &Target<'_>) -> CheckResult {
    let tool = target.tools.need(ToolRole::Whoami)?;
    let names: Vec<String> = (0..50).map(|at| format!("usr_50{at:02}")).collect();
    let mut sessions = Vec::new();
    for name in &names {
        let token = of(target, name);
        sessions.push((name, Session::begin(target, &token).await?, token));
    }
    let calls = sessions.iter().map(|(name, session, token)| async move {
        let call = tool.call(target, session).bearer(token);
        let answer = target.send(&call).await?;
        let text = mcp::text(&answer).unwrap_or_default();
        // It may be one of several members.
        expect(text.contains(name.as_str()), || {
            format!("{name} got {text:?} ({})", answer.status)
        })
    });
    for found in super::together(calls).await {
        found?;
    }
    Ok(())
}

/// A session of one user, and the token of another.
async fn two(target: &Target<'_>) -> CheckResult<(Session, String, String)> {
    let (ada, bob) = (of(target, ADA), of(target, BOB));
    let session = Session::begin(target, &ada).await?;
    session.need_id()?;
    let call = session.request(target, "tools/list", json!({}));
    let answer = target.send(&call.bearer(&ada)).await?;
    match answer.is_success() {
        true => Ok((session, ada, bob)),
        false => failed(format!("its own user gets {}", answer.status)),
    }
}

async fn lists(target: &Target<'_>, session: &Session, token: &str) -> CheckResult<HttpReply> {
    let call = session.request(target, "tools/list", json!({}));
    target.send(&call.bearer(token)).await
}

async fn without_token(target: &Target<'_>) -> CheckResult {
    let (session, _, _) = two(target).await?;
    let call = session.request(target, "tools/list", json!({}));
    expect_401("a session without a token", &target.send(&call).await?)
}

async fn of_another(target: &Target<'_>) -> CheckResult {
    let (session, _, bob) = two(target).await?;
    let answer = lists(target, &session, &bob).await?;
    expect(answer.status.is_client_error(), || {
        format!("another user gets {}", answer.status)
    })
}

async fn stream(target: &Target<'_>) -> CheckResult {
    let (session, _, bob) = two(target).await?;
    for call in [
        session.bare(target, Method::GET),
        session
            .bare(target, Method::GET)
            .header("last-event-id", "0"),
    ] {
        let answer = target.send(&call.bearer(&bob)).await?;
        expect(answer.status.is_client_error(), || {
            format!("another user's GET gets {}", answer.status)
        })?;
    }
    Ok(())
}

async fn end(target: &Target<'_>) -> CheckResult {
    let (session, ada, bob) = two(target).await?;
    let call = session.bare(target, Method::DELETE).bearer(&bob);
    let answer = target.send(&call).await?;
    expect(answer.status.is_client_error(), || {
        format!("another user's DELETE gets {}", answer.status)
    })?;
    let answer = lists(target, &session, &ada).await?;
    expect(answer.is_success(), || {
        format!("after that its own user gets {}", answer.status)
    })
}

async fn next_token(target: &Target<'_>) -> CheckResult {
    let (session, _, _) = two(target).await?;
    let answer = lists(target, &session, &target.next_of(ADA)).await?;
    expect(answer.is_success(), || {
        format!("the same user's next token gets {}", answer.status)
    })
}

async fn not_public(target: &Target<'_>) -> CheckResult {
    let (session, token) = target.session().await?;
    let answer = lists(target, &session, &token).await?;
    let headers = answer.values("cache-control").join(",");
    expect(!headers.contains("public"), || {
        format!("Cache-Control is {headers:?}")
    })?;
    let seen = answer.message().unwrap_or_default();
    if seen["result"]["cacheScope"] != "public" {
        return Ok(());
    }
    let fewer = target.good_for(&[READ]);
    let answer = lists(target, &session, &fewer).await?;
    let others = answer.message().unwrap_or_default();
    expect(others["result"]["tools"] == seen["result"]["tools"], || {
        "callers see different tools, and cacheScope is public".to_owned()
    })
}
