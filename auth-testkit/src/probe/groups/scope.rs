//! What a token permits: 403 and the scopes to ask for, and no way around that.

use auth_core::support::json::{self, Rules};
use auth_core::wire::challenges::Challenge;
use http::HeaderValue;
use serde_json::{Map, Value, json};

use crate::mcp::Protocol;
use crate::probe::catalogue::{Probe, probes};
use crate::probe::http::HttpReply;
use crate::probe::mcp::{self, Session};
use crate::probe::outcome::{CheckResult, expect, failed, untestable};
use crate::probe::refusal::{bearer, expect_401};
use crate::probe::target::{READ, Target};
use crate::probe::tools::{Tool, ToolRole};

pub(super) fn probes() -> Vec<Probe> {
    probes! { Scope:
        "with-the-scope" Must "RFC 6750 section 3"
            "a token with the scope can call the tool" => with_scope;
        "without-the-scope" Must "MCP authorization, scope"
            "a token without the scope cannot call the tool" => without_scope;
        "insufficient-scope" Should "MCP authorization, insufficient scope; RFC 6750 section 3.1"
            "a caller that lacks a scope gets 403 insufficient_scope" => insufficient;
        "challenge-names-scope" Should "MCP authorization, insufficient scope"
            "the challenge names the scope that is missing" => names_scope;
        "challenge-leads-on" Should "RFC 9728 section 5.1"
            "the challenge for a missing scope names the metadata" => leads_on;
        "step-up" Must "MCP authorization, step-up"
            "the next token with the scope can call the tool" => step_up;
        "scopes-are-whole-words" Must "RFC 6749 section 3.3"
            "a scope that only looks like the missing one is another" => whole_words;
        "scopes-of-odd-types" Hardening "RFC 9068 section 2.2.3"
            "a scope claim that is no list of scopes permits nothing" => odd_types;
        "bad-token-is-401" Must "RFC 6750 section 3.1"
            "an invalid token that lacks the scope too gets 401" => bad_is_401;
        "batch" Hardening "MCP transports, sending messages"
            "a batch is no way around a scope" => batch;
        "two-names" Hardening "RFC 8259 section 4"
            "a call that names two tools is no way around a scope" => two_names;
        "lying-headers" Must "MCP transports, server validation (2026-07-28)"
            "headers that name another tool are no way around a scope" => lying_headers;
    }
}

fn write(target: &Target<'_>, session: &Session) -> CheckResult<crate::probe::http::Call> {
    let tool = target.tools.need(ToolRole::Write)?;
    Ok(tool.call(target, session))
}

/// The scopes that its caller needs, for messages.
fn needed(target: &Target<'_>) -> String {
    target.tools.write_scopes().join(" ")
}

fn only(target: &Target<'_>, scopes: &[&str]) -> String {
    target.good_for(scopes)
}

/// A session whose caller may read alone.
async fn reader(target: &Target<'_>) -> CheckResult<(Session, String)> {
    target.tools.need(ToolRole::Write)?;
    let session = Session::begin(target, &target.good()).await?;
    Ok((session, only(target, &[READ])))
}

async fn calls(target: &Target<'_>, token: &str, session: &Session) -> CheckResult<HttpReply> {
    target.send(&write(target, session)?.bearer(token)).await
}

fn expect_no_call(what: &str, answer: &HttpReply) -> CheckResult {
    match mcp::text(answer) {
        None => Ok(()),
        Some(_) => failed(format!("{what} called the tool")),
    }
}

async fn with_scope(target: &Target<'_>) -> CheckResult {
    let (session, _) = reader(target).await?;
    let answer = calls(target, &target.good(), &session).await?;
    expect(mcp::text(&answer).is_some(), || {
        let scope = needed(target);
        format!("a token with {scope} gets {}", answer.status)
    })
}

async fn without_scope(target: &Target<'_>) -> CheckResult {
    with_scope(target).await?;
    let (session, token) = reader(target).await?;
    let answer = calls(target, &token, &session).await?;
    expect_no_call("a token without the scope", &answer)
}

/// The challenge of a 403.
async fn refusal(target: &Target<'_>) -> CheckResult<Challenge> {
    with_scope(target).await?;
    let (session, token) = reader(target).await?;
    let answer = calls(target, &token, &session).await?;
    if answer.status != 403 {
        return failed(format!("the answer is {}", answer.status));
    }
    bearer(&answer)
}

async fn insufficient(target: &Target<'_>) -> CheckResult {
    let challenge = refusal(target).await?;
    expect(
        challenge.parameter("error") == Some("insufficient_scope"),
        || format!("error is {:?}", challenge.parameter("error")),
    )
}

async fn names_scope(target: &Target<'_>) -> CheckResult {
    let challenge = refusal(target).await?;
    let named = challenge.parameter("scope").unwrap_or_default();
    let mut needed = target.tools.write_scopes().iter();
    let names_all = needed.all(|needed| named.split(' ').any(|scope| scope == needed));
    expect(names_all, || {
        format!("scope is {:?}", challenge.parameter("scope"))
    })
}

async fn leads_on(target: &Target<'_>) -> CheckResult {
    let challenge = refusal(target).await?;
    expect(challenge.parameter("resource_metadata").is_some(), || {
        "resource_metadata is missing".to_owned()
    })
}

async fn step_up(target: &Target<'_>) -> CheckResult {
    let (session, token) = reader(target).await?;
    calls(target, &token, &session).await?;
    let answer = calls(target, &target.good(), &session).await?;
    expect(mcp::text(&answer).is_some(), || {
        let scope = needed(target);
        format!(
            "after a refusal a token with {scope} gets {}",
            answer.status
        )
    })
}

async fn whole_words(target: &Target<'_>) -> CheckResult {
    with_scope(target).await?;
    let (session, _) = reader(target).await?;
    let needed = needed(target);
    let Some(scope) = needed.split(' ').next_back() else {
        return untestable("no scope is known that the tool needs");
    };
    for scope in looking_alike(scope) {
        let token = only(target, &[READ, &scope]);
        let answer = calls(target, &token, &session).await?;
        expect_no_call(&format!("a token with {scope}"), &answer)?;
    }
    Ok(())
}

/// Other scopes that a server may take for this one.
fn looking_alike(scope: &str) -> Vec<String> {
    let first = scope.split(':').next().unwrap_or_default();
    let shorter: String = {
        let mut chars = scope.chars();
        chars.next_back();
        chars.collect()
    };
    let mut alike = vec![
        format!("{scope}2"),
        format!("x{scope}"),
        scope.to_uppercase(),
        shorter,
        format!("{first}:*"),
        first.to_owned(),
        "*".to_owned(),
    ];
    alike.retain(|one| one != scope && !one.is_empty());
    alike
}

async fn odd_types(target: &Target<'_>) -> CheckResult {
    target.jwt()?;
    with_scope(target).await?;
    let (session, _) = reader(target).await?;
    let needed = needed(target);
    let needed: Vec<&str> = needed.split(' ').chain([READ]).collect();
    let all = target.scopes(&needed);
    let object: Map<String, Value> = all.iter().map(|one| (one.clone(), true.into())).collect();
    let odd = [
        ("an object", object.into()),
        ("nested arrays", json!([all])),
        ("true", json!(true)),
        ("a text with commas", json!(all.join(","))),
    ];
    for (what, scopes) in odd {
        let token = target.jwt()?.without_scope_claims();
        let token = token.claim("scope", scopes.clone()).claim("scopes", scopes);
        let answer = calls(target, &token.sign(), &session).await?;
        expect(!answer.status.is_server_error(), || {
            format!("scopes as {what} get {}", answer.status)
        })?;
        expect_no_call(&format!("a token whose scopes are {what}"), &answer)?;
    }
    Ok(())
}

async fn bad_is_401(target: &Target<'_>) -> CheckResult {
    let (session, _) = reader(target).await?;
    let token = target.bad_for(&[READ]);
    let answer = calls(target, &token, &session).await?;
    expect_401("an invalid token without the scope", &answer)
}

async fn batch(target: &Target<'_>) -> CheckResult {
    with_scope(target).await?;
    let (session, token) = reader(target).await?;
    let mut call = write(target, &session)?;
    let one = String::from_utf8_lossy(&call.body).into_owned();
    for batch in [
        format!("[{one}]"),
        format!("[{},{one}]", mcp::message("ping", &json!({}))),
    ] {
        call = call.body(batch);
        let answer = target.send(&call.clone().bearer(&token)).await?;
        let all = json::value(answer.body.as_bytes(), Rules::STRICT.duplicates_allowed())
            .unwrap_or_default();
        let all = all.as_array().cloned().unwrap_or_default();
        let called = all.iter().any(|one| one["result"]["content"].is_array());
        expect(!called && mcp::text(&answer).is_none(), || {
            "a batch called the tool".to_owned()
        })?;
    }
    Ok(())
}

async fn two_names(target: &Target<'_>) -> CheckResult {
    with_scope(target).await?;
    let (session, token) = reader(target).await?;
    let tool = target.tools.need(ToolRole::Write)?;
    let other = Tool {
        name: target.tools.other().to_owned(),
        ..tool.clone()
    };
    let alone = other.call(target, &session).bearer(&token);
    let alone = mcp::text(&target.send(&alone).await?);
    let call = tool.call(target, &session);
    let body = String::from_utf8_lossy(&call.body).into_owned();
    let member = |tool: &Tool| format!("\"name\":{}", Value::from(tool.name.as_str()));
    let (once, other) = (member(tool), member(&other));
    if !body.contains(&once) {
        return untestable("the call has another form");
    }
    for twice in [format!("{once},{other}"), format!("{other},{once}")] {
        let call = call.clone().body(body.replacen(&once, &twice, 1));
        let text = mcp::text(&target.send(&call.bearer(&token)).await?);
        // Whatever it is taken for, it must not be the tool that needs more.
        expect(text.is_none() || text == alone, || {
            "a call that names two tools called the one that needs the scope".to_owned()
        })?;
    }
    Ok(())
}

async fn lying_headers(target: &Target<'_>) -> CheckResult {
    // Requests name their tools in headers since 2026-07-28 only.
    let target = &target.over(Protocol::Stateless).await?;
    with_scope(target).await?;
    let (session, token) = reader(target).await?;
    let other = target.tools.other();
    if HeaderValue::from_str(other).is_err() {
        return untestable(format!("the name {other:?} cannot be in a header"));
    }
    for (method, name) in [("tools/call", other), ("tools/list", ""), ("ping", "x")] {
        let call = write(target, &session)?
            .header("mcp-method", method)
            .header("mcp-name", name);
        let answer = target.send(&call.bearer(&token)).await?;
        expect_no_call(&format!("headers that say {method} {name}"), &answer)?;
    }
    Ok(())
}
