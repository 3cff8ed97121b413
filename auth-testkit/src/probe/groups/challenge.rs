//! The challenge for a request without a token, and the metadata that it leads to.

use auth_core::support::json::{self, Rules};
use http::Method;
use serde_json::Value;
use url::Url;

use crate::probe::catalogue::{Probe, probes};
use crate::probe::http::HttpReply;
use crate::probe::outcome::{CheckResult, expect, failed, untestable};
use crate::probe::refusal::{bearer, challenges};
use crate::probe::target::Target;

const EVIL: &str = "evil.example";

pub(super) fn probes() -> Vec<Probe> {
    probes! { Challenge:
        "challenge" Must "RFC 6750 section 3"
            "a request without a token gets 401 with a Bearer challenge" => challenge;
        "challenge-without-error" Should "RFC 6750 section 3.1"
            "the challenge for no token names no error" => without_error;
        "discovery" Must "MCP authorization, discovery; RFC 9728 section 5.1"
            "the metadata is found from the challenge or at the well-known path" => discovery;
        "discovery-agrees" Should "RFC 9728 section 5.1"
            "the challenge and the well-known path lead to the same metadata" => agrees;
        "metadata" Must "RFC 9728 section 3.2"
            "the metadata is JSON, for everyone, and names an authorization server" => metadata;
        "metadata-resource" Must "RFC 9728 section 3.3"
            "resource in the metadata is the URL of the server, byte for byte" => resource;
        "metadata-issuer" Must "RFC 8414 section 3.3"
            "the authorization server is named as it names itself" => issuer;
        "bearer-methods" Must "RFC 9728 section 2"
            "bearer_methods_supported, if it is there, is the header alone" => bearer_methods;
        "challenge-scope" Should "MCP authorization, scope selection"
            "the challenge says which scopes to ask for" => scope;
        "no-offline-access" Should "MCP authorization, scope selection (SEP-2207)"
            "neither the challenge nor the metadata asks for offline_access" => offline_access;
        "no-reflected-host" Hardening "RFC 9110 section 7.2"
            "a host that the caller makes up is in no challenge and no metadata" => reflected_host;
        "metadata-for-pages" Hardening "Fetch, CORS protocol"
            "a page can read the metadata" => metadata_for_pages;
        "preflight" Hardening "Fetch, CORS-preflight"
            "a preflight needs no token, and allows authorization" => preflight;
        "challenge-for-pages" Hardening "Fetch, CORS protocol"
            "a page can read the challenge" => challenge_for_pages;
        "metadata-methods" Hardening "RFC 9110 section 9.1"
            "odd methods on the metadata are no server error" => methods;
    }
}

async fn challenge(target: &Target<'_>) -> CheckResult {
    let answer = target.send(&target.unauthenticated_request()).await?;
    expect(answer.status == 401, || {
        format!("without a token the answer is {}", answer.status)
    })?;
    bearer(&answer).map(drop)
}

async fn without_error(target: &Target<'_>) -> CheckResult {
    let challenge = bearer(&target.send(&target.unauthenticated_request()).await?)?;
    match challenge.parameter("error") {
        None => Ok(()),
        Some(error) => failed(format!("error={error:?}")),
    }
}

/// The path of the metadata that the challenge names.
async fn named(target: &Target<'_>) -> CheckResult<Option<String>> {
    let answer = target.send(&target.unauthenticated_request()).await?;
    let all = challenges(&answer)?;
    let Some(url) = all.iter().find_map(|c| c.parameter("resource_metadata")) else {
        return Ok(None);
    };
    let Ok(url) = Url::parse(url) else {
        return failed(format!("resource_metadata is not an absolute URL: {url}"));
    };
    expect(url.origin() == target.url.origin(), || {
        format!(
            "resource_metadata is at {}",
            url.origin().ascii_serialization()
        )
    })?;
    Ok(Some(url.path().to_owned()))
}

/// The paths that RFC 9728 section 3.1 and MCP build from the URL of the server.
fn well_known(target: &Target<'_>) -> [String; 2] {
    let root = "/.well-known/oauth-protected-resource".to_owned();
    [format!("{root}{}", target.url.path()), root]
}

async fn found(target: &Target<'_>) -> CheckResult<(String, HttpReply)> {
    let mut paths: Vec<String> = named(target).await?.into_iter().collect();
    paths.extend(well_known(target));
    for path in paths {
        let answer = target.send(&target.get(&path)).await?;
        if answer.status == 200 {
            return Ok((path, answer));
        }
    }
    failed("there is no metadata where the challenge and RFC 9728 have it")
}

async fn document(target: &Target<'_>) -> CheckResult<Value> {
    let (path, answer) = found(target).await?;
    match json::value(answer.body.as_bytes(), Rules::STRICT.duplicates_allowed()) {
        Ok(document) => Ok(document),
        Err(error) => failed(format!("{path} is no JSON: {error}")),
    }
}

async fn discovery(target: &Target<'_>) -> CheckResult {
    found(target).await.map(drop)
}

async fn agrees(target: &Target<'_>) -> CheckResult {
    let Some(named) = named(target).await? else {
        return failed("the challenge names no resource_metadata");
    };
    let [inserted, _] = well_known(target);
    let by_challenge = target.send(&target.get(&named)).await?;
    let by_path = target.send(&target.get(&inserted)).await?;
    expect(by_path.status == 200, || {
        format!("{inserted} gets {}", by_path.status)
    })?;
    expect(by_challenge.body == by_path.body, || {
        format!("{named} and {inserted} differ")
    })
}

async fn metadata(target: &Target<'_>) -> CheckResult {
    let (path, answer) = found(target).await?;
    let mime = answer.value("content-type").unwrap_or_default();
    expect(mime.starts_with("application/json"), || {
        format!("{path} is {mime:?}")
    })?;
    let document = document(target).await?;
    let servers = document["authorization_servers"].as_array();
    expect(servers.is_some_and(|servers| !servers.is_empty()), || {
        "authorization_servers is empty".to_owned()
    })
}

async fn resource(target: &Target<'_>) -> CheckResult {
    let document = document(target).await?;
    expect(document["resource"] == target.resource, || {
        format!(
            "resource is {}, not {:?}",
            document["resource"], target.resource
        )
    })
}

async fn issuer(target: &Target<'_>) -> CheckResult {
    let document = document(target).await?;
    let named = &document["authorization_servers"][0];
    let known = [target.issuer.issuer(), target.issuer.environment_url()];
    expect(known.iter().any(|known| named == known), || {
        format!("{named} is not {:?}", known[0])
    })
}

async fn bearer_methods(target: &Target<'_>) -> CheckResult {
    let document = document(target).await?;
    let methods = &document["bearer_methods_supported"];
    expect(
        methods.is_null() || *methods == serde_json::json!(["header"]),
        || format!("bearer_methods_supported is {methods}"),
    )
}

async fn scope(target: &Target<'_>) -> CheckResult {
    let challenge = bearer(&target.send(&target.unauthenticated_request()).await?)?;
    expect(challenge.parameter("scope").is_some(), || {
        "the challenge has no scope".to_owned()
    })
}

async fn offline_access(target: &Target<'_>) -> CheckResult {
    let challenge = bearer(&target.send(&target.unauthenticated_request()).await?)?;
    let asked = challenge.parameter("scope").unwrap_or_default();
    expect(!asked.split(' ').any(|s| s == "offline_access"), || {
        format!("the challenge asks for {asked:?}")
    })?;
    let document = document(target).await?;
    let supported = document["scopes_supported"].as_array().cloned();
    let supported = supported.unwrap_or_default();
    expect(!supported.contains(&"offline_access".into()), || {
        "scopes_supported has offline_access".to_owned()
    })
}

async fn reflected_host(target: &Target<'_>) -> CheckResult {
    let (path, _) = found(target).await?;
    for call in [target.unauthenticated_request(), target.get(&path)] {
        for poisoned in [
            call.clone().header("host", EVIL),
            call.clone().header("x-forwarded-host", EVIL),
            call.clone().header("x-original-host", EVIL),
            call.clone()
                .header("forwarded", format!("host={EVIL};proto=https")),
        ] {
            let answer = target.send(&poisoned).await?;
            let shown = match answer.is_success() || answer.status == 401 {
                true => answer.text(),
                // A refusal of the host may name it.
                false => answer.values("www-authenticate").join(" "),
            };
            expect(!shown.contains(EVIL), || {
                format!("{EVIL} is in the answer of {}", poisoned.path)
            })?;
        }
    }
    Ok(())
}

/// Whether a page may read an answer.
fn is_allowed(target: &Target<'_>, answer: &HttpReply) -> bool {
    let allowed = answer.value("access-control-allow-origin");
    allowed == Some("*") || allowed == Some(&target.page)
}

fn lists(answer: &HttpReply, header: &str, wanted: &str) -> bool {
    let values = answer.values(header);
    let mut names = values.iter().flat_map(|value| value.split(','));
    names.any(|name| name.trim() == "*" || name.trim().eq_ignore_ascii_case(wanted))
}

async fn metadata_for_pages(target: &Target<'_>) -> CheckResult {
    let (path, _) = found(target).await?;
    let answer = target
        .send(&target.get(&path).header("origin", &target.page))
        .await?;
    expect(is_allowed(target, &answer), || {
        let page = &target.page;
        format!("{path} has no Access-Control-Allow-Origin for {page}")
    })
}

async fn preflight(target: &Target<'_>) -> CheckResult {
    let call = target
        .get(target.url.path())
        .method(Method::OPTIONS)
        .header("origin", &target.page)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let answer = target.send(&call).await?;
    expect(answer.is_success(), || {
        format!("a preflight gets {}", answer.status)
    })?;
    let names = answer.values("access-control-allow-headers");
    let mut names = names.iter().flat_map(|value| value.split(','));
    // A wildcard does not cover it (Fetch, CORS non-wildcard request-header name).
    let allowed = names.any(|name| name.trim().eq_ignore_ascii_case("authorization"));
    expect(is_allowed(target, &answer) && allowed, || {
        "a preflight does not allow authorization".to_owned()
    })
}

async fn challenge_for_pages(target: &Target<'_>) -> CheckResult {
    let answer = target
        .send(
            &target
                .unauthenticated_request()
                .header("origin", &target.page),
        )
        .await?;
    if answer.status != 401 {
        return untestable(format!("a page gets {}", answer.status));
    }
    let exposed = lists(&answer, "access-control-expose-headers", "www-authenticate");
    expect(is_allowed(target, &answer) && exposed, || {
        "WWW-Authenticate is not exposed to pages".to_owned()
    })
}

async fn methods(target: &Target<'_>) -> CheckResult {
    let (path, _) = found(target).await?;
    let odd = Method::from_bytes(b"PROBE").expect("a method");
    for method in [Method::HEAD, Method::POST, Method::DELETE, odd] {
        let answer = target
            .send(&target.get(&path).method(method.clone()))
            .await?;
        expect(
            !answer.status.is_server_error() || answer.status == 501,
            || format!("{method} {path} gets {}", answer.status),
        )?;
    }
    Ok(())
}
