//! Providers of API keys that are broken on purpose: each breaks the rules that it should, and every rule that applies
//! to keys is broken by one of them.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use auth_core::provider::AuthProvider;
use auth_core::support::Clock;
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{InvalidReason, VerifyError};
use auth_scalekit::ScalekitProvider;
use auth_scalekit::api_keys::{ApiKeyVerifier, ApiKeys};
use auth_testkit::MockScalekit;
use auth_testkit::conformance::api_keys::{CLIENT_ID, CLIENT_SECRET};
use auth_testkit::conformance::{Rule, Suite};
use serde_json::{Value, json};

use crate::URL;
use crate::api_keys::{OF_TOKENS_ALONE, keys, verifier};
use crate::broken::{
    Always, Broken, ByTenant, Verified, anybody, assert_all_but, breaks_of, now_unavailable,
    spoilt, verify,
};

/// What is spoilt, and what it takes to call the API directly.
struct Sound {
    verifier: ApiKeyVerifier,
    environment: String,
    clock: Arc<dyn Clock>,
}

impl Sound {
    fn new(scalekit: &MockScalekit) -> Arc<Self> {
        Arc::new(Self {
            verifier: verifier(scalekit, keys()),
            environment: scalekit.environment_url().to_owned(),
            clock: scalekit.clock(),
        })
    }

    async fn verify(&self, key: &str, now: SystemTime) -> Verified {
        verify(&self.verifier, key, now).await
    }

    /// One that has asked about no key.
    fn fresh(&self) -> ApiKeyVerifier {
        let provider = ScalekitProvider::builder(&self.environment, "res_1", URL)
            .clock(Arc::clone(&self.clock))
            .management(CLIENT_ID, CLIENT_SECRET)
            .build();
        provider.unwrap().api_key_verifier(keys()).unwrap()
    }

    /// The status of the API for a key, by a client that follows redirects.
    async fn status(&self, key: &str) -> Option<u16> {
        let http = reqwest::Client::new();
        let form = format!(
            "grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}"
        );
        let request = http
            .post(format!("{}/oauth/token", self.environment))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = request.send().await.ok()?;
        if !answer.status().is_success() {
            return Some(answer.status().as_u16());
        }
        let token: Value = answer.json().await.ok()?;
        let request = http
            .post(format!("{}/api/v1/tokens:validate", self.environment))
            .bearer_auth(token["access_token"].as_str()?)
            .header("content-type", "application/json")
            .body(json!({ "token": key }).to_string());
        let answer = request.send().await.ok()?;
        Some(answer.status().as_u16())
    }
}

fn broken<F: Future<Output = Verified> + Send + 'static>(
    scalekit: &MockScalekit,
    verify: impl Fn(Arc<Sound>, String, SystemTime) -> F + Send + Sync + 'static,
) -> Broken<Sound> {
    spoilt(scalekit, Sound::new(scalekit), verify)
}

async fn breaks<P: AuthProvider>(
    rules: &[Rule],
    provider: impl AsyncFn(&MockScalekit) -> P,
) -> BTreeSet<&'static str> {
    breaks_of(Suite::for_api_keys(), rules, provider).await
}

#[tokio::test]
async fn every_rule_for_keys_is_broken_by_a_provider_that_is_broken_in_that_way() {
    let mut seen = BTreeSet::new();
    let mut note = |rules: BTreeSet<&'static str>| seen.extend(rules);

    // Accepts what the API does not know.
    let forgiving = [
        Rule::RefusesEveryDefect,
        Rule::RefusesOtherIssuers,
        Rule::RefusesInvalidatedKeys,
    ];
    note(
        breaks(&forgiving, async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                match sound.verify(&key, now).await {
                    Err(VerifyError::Invalid(it)) if it.reason() == InvalidReason::Revoked => {
                        Ok(anybody(now))
                    }
                    other => other,
                }
            })
        })
        .await,
    );

    // Reads the header generously.
    note(
        breaks(&[Rule::RefusesEveryDefect], async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                sound.verify(key.trim_end_matches('='), now).await
            })
        })
        .await,
    );

    // Takes whatever the API takes.
    note(
        breaks(&[Rule::RefusesKeyIds], async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                match sound.verify(&key, now).await {
                    Err(_) if sound.status(&key).await == Some(200) => Ok(anybody(now)),
                    other => other,
                }
            })
        })
        .await,
    );

    // Does not look at the organization.
    note(
        breaks(&[Rule::RefusesKeysForOthers], async |scalekit| {
            let any = ApiKeys::new().dangerous_accept_keys_for_any_server();
            let any = Arc::new(verifier(scalekit, any.scopes_claim("scopes")));
            broken(scalekit, move |_, key, now| {
                let any = Arc::clone(&any);
                async move { verify(&*any, &key, now).await }
            })
        })
        .await,
    );

    // Gives callers without scopes what most of them need.
    note(
        breaks(&[Rule::GrantsMappedScopesAlone], async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                let verified = sound.verify(&key, now).await?;
                match verified.scopes().is_empty() {
                    true => Ok(verified.with_scopes(Scopes::new(["notes:read"]).unwrap())),
                    false => Ok(verified),
                }
            })
        })
        .await,
    );

    // Does the layer's work, wrongly.
    note(
        breaks(&[Rule::LeavesScopesToTheLayer], async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                let verified = sound.verify(&key, now).await?;
                match verified.scopes().is_empty() && !verified.is_machine() {
                    true => Err(InvalidReason::Other.into()),
                    false => Ok(verified),
                }
            })
        })
        .await,
    );

    // Whatever is wrong is the server's fault.
    note(
        breaks(
            &[Rule::DistinguishesInvalidTokensFromOutages],
            async |scalekit| {
                broken(scalekit, |sound, key, now| async move {
                    let verified = sound.verify(&key, now).await;
                    verified.map_err(|_| now_unavailable())
                })
            },
        )
        .await,
    );

    // Whatever is wrong is the key's fault.
    let blaming = [
        Rule::IsUnavailableWithoutTheApi,
        Rule::IsUnavailableWithRefusedCredentials,
    ];
    note(
        breaks(&blaming, async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                let verified = sound.verify(&key, now).await;
                verified.map_err(|_| InvalidReason::Other.into())
            })
        })
        .await,
    );

    // As Scalekit's own SDKs: every refusal of the API is about the key.
    note(
        breaks(
            &[Rule::IsUnavailableWithRefusedCredentials],
            async |scalekit| {
                broken(scalekit, |sound, key, now| async move {
                    let verified = sound.verify(&key, now).await;
                    let is_down = matches!(verified, Err(VerifyError::Unavailable(_)));
                    match is_down && matches!(sound.status(&key).await, Some(401 | 403)) {
                        true => Err(InvalidReason::Revoked.into()),
                        false => verified,
                    }
                })
            },
        )
        .await,
    );

    // Accepts every key while the API is down.
    note(
        breaks(&blaming, async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                match sound.verify(&key, now).await {
                    Err(VerifyError::Unavailable(_)) => Ok(anybody(now)),
                    other => other,
                }
            })
        })
        .await,
    );

    // Lets keys be reused for a day.
    let lasting = [Rule::EndsReuse, Rule::RefusesInvalidatedKeys];
    note(
        breaks(&lasting, async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                let verified = sound.verify(&key, now).await?;
                let until = now + Duration::from_secs(86_400);
                let issuer = verified.issuer().to_owned();
                let mut longer = VerifiedToken::assertion(issuer, verified.subject(), until)
                    .with_scopes(verified.scopes().clone());
                if let Some(organization) = verified.organization() {
                    longer = longer.with_organization(organization);
                }
                if let Some(id) = verified.token_id() {
                    longer = longer.with_token_id(id);
                }
                match verified.scopes().is_empty() {
                    true => Ok(longer.reusable_until(until).while_holds(Arc::new(Always))),
                    false => Ok(verified),
                }
            })
        })
        .await,
    );

    // Knows its callers by their keys, for ever.
    let forever = [Rule::HonoursExpiry, Rule::RefusesInvalidatedKeys];
    note(
        breaks(&forever, async |scalekit| {
            let known = Arc::new(Mutex::new(Vec::<(String, VerifiedToken)>::new()));
            broken(scalekit, move |sound, key, now| {
                let known = Arc::clone(&known);
                async move {
                    let found = {
                        let known = known.lock().unwrap();
                        known.iter().find(|known| known.0 == key).cloned()
                    };
                    if let Some((_, token)) = found {
                        return Ok(token);
                    }
                    let verified = sound.verify(&key, now).await?;
                    known.lock().unwrap().push((key, verified.clone()));
                    Ok(verified)
                }
            })
        })
        .await,
    );

    // Remembers the last caller, and nothing else.
    note(
        breaks(&[Rule::KeepsCallersApart], async |scalekit| {
            let last = Arc::new(Mutex::new(None::<VerifiedToken>));
            broken(scalekit, move |sound, key, now| {
                let last = Arc::clone(&last);
                async move {
                    let verified = sound.verify(&key, now).await?;
                    if !verified.scopes().is_empty() || verified.is_machine() {
                        return Ok(verified);
                    }
                    Ok(last.lock().unwrap().get_or_insert(verified).clone())
                }
            })
        })
        .await,
    );

    // Names the environment and the user, and no organization.
    note(
        breaks(&[Rule::IdentifiesTheCaller], async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                let verified = sound.verify(&key, now).await?;
                let (issuer, subject) = (verified.issuer(), verified.subject());
                Ok(VerifiedToken::assertion(
                    issuer,
                    subject,
                    verified.expires_at(),
                ))
            })
        })
        .await,
    );

    // Logs the key for debugging.
    note(
        breaks(&[Rule::LeaksNoToken], async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                let verified = sound.verify(&key, now).await;
                verified.map_err(|error| match error {
                    VerifyError::Invalid(invalid) => {
                        VerifyError::Invalid(invalid.because(std::io::Error::other(key)))
                    }
                    other => other,
                })
            })
        })
        .await,
    );

    // Asks for what is none of its business.
    note(
        breaks(&[Rule::DescribesItsResource], async |scalekit| {
            let mut broken = broken(scalekit, |sound, key, now| async move {
                sound.verify(&key, now).await
            });
            let scopes = Scopes::new(["notes:read", "offline_access"]);
            broken.metadata.scopes_supported = scopes.unwrap();
            broken
        })
        .await,
    );

    // Says that its verdict depends on the host, and goes by the tenant too.
    note(
        breaks(&[Rule::DeclaresDependence], async |scalekit| {
            ByTenant(broken(scalekit, |sound, key, now| async move {
                sound.verify(&key, now).await
            }))
        })
        .await,
    );

    // Starts anew for each key.
    let anew = [Rule::FetchesOnceForMany, Rule::BoundsForcedFetches];
    note(
        breaks(&anew, async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                verify(&sound.fresh(), &key, now).await
            })
        })
        .await,
    );

    // Asks about everything.
    note(
        breaks(&[Rule::FetchesNothingForGarbage], async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                let verified = sound.verify(&key, now).await;
                if verified.is_err() {
                    sound.status(&key).await;
                }
                verified
            })
        })
        .await,
    );

    // Goes wherever it is sent.
    note(
        breaks(&[Rule::FollowsNoRedirect], async |scalekit| {
            broken(scalekit, |sound, key, now| async move {
                sound.status(&key).await;
                sound.verify(&key, now).await
            })
        })
        .await,
    );

    // Takes an outage to heart.
    note(
        breaks(&[Rule::RecoversAfterAnOutage], async |scalekit| {
            let lost = Arc::new(AtomicBool::new(false));
            broken(scalekit, move |sound, key, now| {
                let lost = Arc::clone(&lost);
                async move {
                    if lost.load(Ordering::SeqCst) {
                        return Err(now_unavailable());
                    }
                    let verified = sound.verify(&key, now).await;
                    if matches!(verified, Err(VerifyError::Unavailable(_))) {
                        lost.store(true, Ordering::SeqCst);
                    }
                    verified
                }
            })
        })
        .await,
    );

    // Serves one at a time, and waits for the one that has gone.
    note(
        breaks(&[Rule::SurvivesCancelledCallers], async |scalekit| {
            let busy = Arc::new(AtomicBool::new(false));
            broken(scalekit, move |sound, key, now| {
                let busy = Arc::clone(&busy);
                async move {
                    if busy.swap(true, Ordering::SeqCst) {
                        return Err(now_unavailable());
                    }
                    let verified = sound.verify(&key, now).await;
                    busy.store(false, Ordering::SeqCst);
                    verified
                }
            })
        })
        .await,
    );

    assert_all_but(&OF_TOKENS_ALONE, &seen);
}
