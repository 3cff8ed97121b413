//! A pasted token: verified by the verifier itself, with an explanation of a refusal.
//!
//! | file | job |
//! |---|---|
//! | `token_claims` | what the token states, unverified |
//! | `rejection` | which rule it breaks, and what to change |

mod rejection;
mod token_claims;

use std::fmt;
use std::time::SystemTime;

use auth_core::token::{BearerToken, VerifiedToken, pasted_token};
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};

use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;
use rejection::Expected;
use token_claims::TokenClaims;

/// An access token to explain. No finding contains it, it has no `Display`, and its `Debug` is
/// redacted.
#[derive(Clone)]
pub struct PastedToken(String);

impl PastedToken {
    /// Takes a token as it was copied; [`pasted_token`] strips what is around it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(pasted_token(text).into())
    }
}

impl fmt::Debug for PastedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PastedToken(redacted)")
    }
}

/// Findings about a token. `keys` are the ids of the keys of the environment, if they are known.
pub(crate) async fn check(
    subject: &Subject<'_>,
    token: Option<&PastedToken>,
    keys: Option<&[String]>,
    now: SystemTime,
) -> Vec<Finding> {
    let Some(PastedToken(text)) = token else {
        return vec![
            Check::Token.skipped("not-given", "not checked, since none was given"),
            Check::TokenScopes.depends_on(Check::Token),
        ];
    };
    let refused = |finding| vec![finding, Check::TokenScopes.depends_on(Check::Token)];
    let Some(bearer) = BearerToken::new(text) else {
        return refused(Check::Token.failure(
            "not-a-token",
            "this is not a token: it is empty, or has a character that tokens do not have",
            "copy the whole token again, and nothing around it",
        ));
    };
    let stated = TokenClaims::of(text);
    let expected = Expected {
        subject,
        keys: keys.unwrap_or_default(),
        now,
    };
    match subject
        .provider
        .verify(VerifyRequest::new(bearer, now))
        .await
    {
        Ok(token) => vec![accepted(&token, now), scopes(subject, &token)],
        Err(VerifyError::Invalid(invalid)) => {
            refused(rejection::explain(&invalid, &stated, &expected))
        }
        // The verifier fetches newer keys before it rejects a key, and the fetch may not be due yet.
        Err(VerifyError::Unavailable(_)) if stated.names_another_key(expected.keys) => {
            refused(rejection::unknown_key(&stated, &expected))
        }
        Err(VerifyError::Unavailable(_)) => refused(Check::Token.depends_on(Check::Keys)),
    }
}

fn accepted(token: &VerifiedToken, now: SystemTime) -> Finding {
    let whose = if token.is_machine() {
        "the machine"
    } else {
        "the user"
    };
    let left = token.expires_at().duration_since(now).unwrap_or_default();
    Check::Token.ok(format!(
        "the token is good: of {whose} {}, issued by {}, for another {}",
        format::quoted(token.subject()),
        format::quoted(token.issuer()),
        format::span(left)
    ))
}

fn scopes(subject: &Subject<'_>, token: &VerifiedToken) -> Finding {
    let required = subject.required_scopes.iter().map(|scope| scope.as_str());
    let missing: Vec<_> = required
        .filter(|scope| !token.scopes().contains(scope))
        .collect();
    let has = format::list(token.scopes().iter().map(|scope| scope.as_str()));
    if missing.is_empty() {
        return Check::TokenScopes.ok(format!("the token has the required scopes; it has {has}"));
    }
    Check::TokenScopes.warning(
        "insufficient_scope",
        format!(
            "the token lacks the required {}; it has {has}",
            format::list(missing)
        ),
        "let the client ask for it and log in again; a scope that is asked for and not granted is not enabled \
         for the MCP server, or not among the user's permissions",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScalekitProvider;
    use auth_testkit::MockScalekit;
    use wiremock::matchers::path;
    use wiremock::{Mock, ResponseTemplate};

    #[tokio::test]
    async fn a_key_of_another_environment_is_reported_although_no_keys_could_be_fetched() {
        let mcp_url = "http://localhost:8000/mcp";
        let scalekit = MockScalekit::builder().resource_url(mcp_url).start().await;
        let no_keys = Mock::given(path("/keys")).respond_with(ResponseTemplate::new(503));
        let no_keys = no_keys.with_priority(1);
        assert!(scalekit.keys_url().ends_with("/keys"));
        no_keys.mount(scalekit.server()).await;
        let url = scalekit.environment_url();
        let provider = ScalekitProvider::builder(url, scalekit.resource_id(), mcp_url);
        let provider = provider.build().unwrap();
        let subject = Subject::of(&provider);
        let token = PastedToken::new(&scalekit.token().sign());
        let own = scalekit.keys().kid();
        for (keys, code) in [
            (Some(vec!["another"]), "unknown_key"),
            (Some(vec!["another", &own]), "depends"),
            (Some(vec![]), "depends"),
            (None, "depends"),
        ] {
            let ids: Option<Vec<_>> = keys.map(|ids| ids.into_iter().map(str::to_owned).collect());
            let findings = check(&subject, Some(&token), ids.as_deref(), SystemTime::now()).await;
            let found = findings.first().and_then(|finding| finding.code);
            assert_eq!(found, Some(code), "{ids:?}: {findings:#?}");
        }
    }
}
