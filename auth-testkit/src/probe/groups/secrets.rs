//! That tokens go nowhere else, and that what they say does no harm.

use crate::Endpoint;
use crate::SentAuth;
use crate::probe::catalogue::{Probe, probes};
use crate::probe::credentials::MARK;
use crate::probe::outcome::{CheckResult, expect, untestable};
use crate::probe::refusal::challenges;
use crate::probe::target::Target;
use crate::probe::tools::ToolRole;

pub(super) fn probes() -> Vec<Probe> {
    probes! { Secrets:
        "no-token-in-answers" Must "RFC 9700 section 4.3"
            "no response contains the token, valid or invalid" => answers;
        "no-token-in-output" Must "RFC 9700 section 4.3"
            "what the server prints holds no token" => output;
        "no-passthrough" Must "MCP authorization, token passthrough"
            "the caller's token is not sent to other servers" => passthrough;
        "odd-claims" Hardening "RFC 9110 section 5.5"
            "claims with quotes and line ends break no header" => odd_claims;
    }
}

async fn answers(target: &Target<'_>) -> CheckResult {
    let good = target.good();
    let bad = target.bad();
    for token in [good, bad, "opaque-5d1f0a-secret".to_owned()] {
        let answer = target.try_token(&token).await?;
        let signature = token.rsplit('.').next().unwrap_or(&token);
        expect(!answer.text().contains(signature), || {
            format!("the answer {} holds the token", answer.status)
        })?;
    }
    Ok(())
}

async fn output(target: &Target<'_>) -> CheckResult {
    let (good, bad) = (target.good(), target.bad());
    let twice = target
        .unauthenticated_request()
        .path(format!("{}?access_token={good}", target.url.path()));
    target.send(&twice.bearer(&good)).await?;
    for token in [&good, &bad] {
        target.try_token(token).await?;
    }
    let Some(printed) = target.server_control.output() else {
        return untestable(
            "only what a server prints that the suite starts is known: give its command",
        );
    };
    for token in [&good, &bad] {
        let signature = token.rsplit('.').next().unwrap_or(token);
        expect(!printed.contains(signature), || {
            "it printed a token".to_owned()
        })?;
    }
    expect(!printed.contains(MARK), || {
        "it printed the claims of a token".to_owned()
    })
}

async fn passthrough(target: &Target<'_>) -> CheckResult {
    let (session, token) = target.session().await?;
    let mut tool = target.tools.need(ToolRole::Upstream)?.clone();
    let url = format!("{}/upstream", target.issuer.environment_url());
    tool.arguments.insert("url".to_owned(), url.into());
    let call = tool.call(target, &session);
    target.send(&call.bearer(&token)).await?;
    let requests = target.issuer.requests(Endpoint::Other);
    let upstream = requests
        .iter()
        .filter(|request| request.path() == "/upstream");
    let sent: Vec<SentAuth> = upstream.map(|request| request.auth()).collect();
    if sent.is_empty() {
        return untestable(format!("the tool {tool} did not get its argument url"));
    }
    expect(sent.iter().all(|auth| *auth == SentAuth::None), || {
        "the request to the other server carried credentials".to_owned()
    })
}

async fn odd_claims(target: &Target<'_>) -> CheckResult {
    let odd = "x\r\nx-injected: 1\", error=\"none";
    for token in [
        target.jwt()?.subject(odd),
        target.jwt()?.scopes([odd]),
        target.jwt()?.claim("client_id", odd),
        target.jwt()?.claim("iss", odd),
        target.older_jwt()?.header("kid", odd),
    ] {
        let answer = target.try_token(&token.sign()).await?;
        expect(!answer.status.is_server_error(), || {
            format!("the answer is {}", answer.status)
        })?;
        expect(answer.value("x-injected").is_none(), || {
            "a header was injected".to_owned()
        })?;
        challenges(&answer)?;
    }
    Ok(())
}
